"""Values of SMTP that receive and act share: replies and paths."""
