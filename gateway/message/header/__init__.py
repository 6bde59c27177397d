"""Header fields: parameters, encoded words, addresses, names."""
