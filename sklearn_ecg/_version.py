"""The version of the package: here, and in CITATION.cff and the conda recipe."""

__version__ = "0.3.0"
