"""Logins: the check of a client's password against a file, an LDAP server or Dovecot, and the brake on guessing."""
