"""Decryption of Office documents whose password their programs try without asking the reader."""
