"""A page that shows what was found in a recording."""
