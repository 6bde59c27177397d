"""The filter `receipt`: important mail of our people that nobody answers.

`filter` finds such mail and waits for `answers`; `settings` holds the YAML keys. The gateway sends the reminder.
"""
