"""Encodings of octets: transfer encodings, files in text, charsets."""
