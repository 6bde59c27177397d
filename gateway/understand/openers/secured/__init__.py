"""Signed and encrypted mail: S/MIME and PGP."""
