"""The text of the exported C."""
