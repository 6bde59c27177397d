"""Web pages and pictures that are written like them."""
