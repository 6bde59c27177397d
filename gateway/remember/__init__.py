"""Remember: the quarantine, the audit trail, the outbox, counters and all other records that outlive a message."""
