"""Heartbeat classification with multistage-pruned CNNs, for scikit-learn."""

__version__ = "0.1.0"
