"""The hash chains of the records: rows appended, rows checked, and the sealed ends that a purge moves."""
