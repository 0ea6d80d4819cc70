"""Unwound: the library. Facts in, findings out; see pathway.py first."""

__version__ = "0.1.0"
