"""The filter `language`: words that are aimed at a person or a group, or said about one.

`filter` weighs the words of `language.yaml` by a text rule, on the sender's own words (`own_words`, `masked_words`).
`requests_to_stop` remembers people who have asked one of our senders to stop writing. `settings` holds the YAML keys.
`operations` and `commands` report counts.
"""
