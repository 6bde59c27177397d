"""The opener of PDF."""
