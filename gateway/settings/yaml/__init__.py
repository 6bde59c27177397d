"""YAML with line numbers, and the sentences about mistakes."""
