"""Services for filters that aren't part of the store."""
