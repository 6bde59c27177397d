"""Operations: what an operator may ask of a running gateway or of the store."""
