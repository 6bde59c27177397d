"""The filter `commitment`: mail in which our side binds itself.

`filter` asks `signatories` who may do so, and `amounts` for the sums that a text names; `thread` has the keys of a
sender's confirmation, and `settings` the YAML keys. The words are in `config/commitment.yaml`.
"""
