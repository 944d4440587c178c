"""The command line: parse, call, print. Commands use the same words as the Python interface."""

from tarazu.cli.main import cli, main

__all__ = ["cli", "main"]
