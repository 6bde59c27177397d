"""Settings of logins: where they are checked, and the addresses that each may send from."""
