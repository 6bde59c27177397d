"""The filter `confidential`: confidential content in mail to outside.

`filter` asks `markings`, `identifiers`, `people`, `credentials`, `source_code` and the shared text rule for what a
message holds, `encryption` and `leave` for what is allowed. `passages` chooses the texts, and `settings` holds the YAML
keys.
"""
