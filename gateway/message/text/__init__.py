"""The text of a message: what a person wrote in it, what is quoted, where text can be put."""
