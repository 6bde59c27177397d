"""Act: relay, amend, quarantine, notify."""
