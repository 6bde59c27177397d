"""Openers of signed and encrypted mail: S/MIME and PGP."""
