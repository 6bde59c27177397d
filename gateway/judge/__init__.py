"""Judge: run the filters, apply the policy."""
