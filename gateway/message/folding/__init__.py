"""Folding of text for matching: characters that look alike, disguises, words written apart."""
