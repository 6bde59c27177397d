"""`mailwarden quarantine review`: the reviewers' screen, in the terminal."""
