"""The journal of relayed mail: each message that a next hop took, compressed and encrypted, in files by day."""
