"""Measurements: counts, durations and states that each process keeps in memory, and their sum over all processes."""
