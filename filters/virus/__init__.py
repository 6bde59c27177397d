"""The filter `virus`: `filter` asks the scanner, `scanned_contents` lists what to scan, `settings` has the keys."""
