"""A recording, whatever file it came from."""
