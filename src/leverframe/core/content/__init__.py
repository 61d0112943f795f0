"""A static site's content: what its collections hold, how an entry is read, checked and written. Pure."""
