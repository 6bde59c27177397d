"""The filter `payment_change`: mail that changes where money goes.

`filter` asks `wording`, `ledger_signals` and `sender_signals`, and `decision` weighs the signals. `accounts_in_text`
finds numbers, `settings` holds the YAML keys. `operations` and `commands` are for those who look after the ledger.
"""
