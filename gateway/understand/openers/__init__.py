"""Openers of containers. `known` lists all of them; only a sandbox process loads it."""
