"""Settings of the chain of filters: entries, actions, checks."""
