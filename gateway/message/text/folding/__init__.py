"""Folding of text: characters that look alike, disguises, words written apart."""
