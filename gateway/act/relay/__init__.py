"""The next hop: connections, transactions and replies."""
