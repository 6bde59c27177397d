"""What a person reads in documents that are no text files."""
