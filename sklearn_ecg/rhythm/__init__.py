"""The rhythm in words: what the labels and intervals of many beats say together."""
