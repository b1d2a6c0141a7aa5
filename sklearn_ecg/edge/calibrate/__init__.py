"""From the floats of a fitted network to the integers of its twin."""
