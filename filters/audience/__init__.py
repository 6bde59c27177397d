"""The filter `audience`: the number of people that a message reaches, the need for it, and visible addresses.

`filter` asks `crowd` (number of people), `wording` (needless or private texts), `storm`, `lists`, `exposure` and
`misdirection`; `thread` names what a message answers, `settings` holds the YAML keys. `operations` and `commands` are
for those who lift pauses.
"""
