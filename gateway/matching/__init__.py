"""Comparison of text: patterns, word lines, look-alikes, accounts."""
