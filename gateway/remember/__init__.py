"""Remember: the quarantine, the audit trail, the outbox, counters and what else outlives a message."""
