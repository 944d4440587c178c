"""Tarazu: what a bilateral trade target would take, and which promises carry it."""

__version__ = "0.1.0"
