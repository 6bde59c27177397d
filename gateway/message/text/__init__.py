"""The text of a message: the part that a person wrote, the quotations, and the places where text can be put."""
