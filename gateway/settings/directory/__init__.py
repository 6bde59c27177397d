"""Settings of the directory: people, CSV, LDAP."""
