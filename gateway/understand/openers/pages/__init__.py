"""Openers of web pages, and of pictures that are written like them."""
