"""The integers that the C computes, in Python."""
