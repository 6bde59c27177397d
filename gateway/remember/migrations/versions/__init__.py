"""One file for each revision of the schema. A revision that was released is never changed."""
