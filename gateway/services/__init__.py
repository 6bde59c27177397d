"""Services that filters may be given and that are not remembered."""
