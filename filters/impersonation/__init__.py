"""The filter `impersonation`: mail under a name or an address that is not its sender's.

`filter` gathers `sender_facts` and asks `shown_names`, `own_domain`, `lookalikes`, `reply_addresses` and `requests`
about mail from outside, and `authors` about mail of our own people; `settings` holds the YAML keys.
"""
