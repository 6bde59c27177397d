"""The filter `broadcast`: mail to many people that is no business: chain mail, jokes, gossip, things for sale, appeals.

`filter` asks `reach` for the number of people, `forwards` for the marks of mail that was handed on again and again, and
the rules of `broadcast.yaml` for the words; `settings` holds the YAML keys.
"""
