"""The command line, thin over the functions that the gateway runs."""
