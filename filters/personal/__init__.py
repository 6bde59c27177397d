"""The filter `personal`: personal use of the mail.

`filter` asks `use` for counts, `private_accounts` for the owner of an outside address and `cues` for
the private or business cues of a text; `settings` holds the YAML keys. `operations` and `commands` report counts.
"""
