"""DKIM signatures and ARC sets."""
