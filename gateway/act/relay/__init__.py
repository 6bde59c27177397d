"""The next hop: connections, transactions, and what it answers."""
