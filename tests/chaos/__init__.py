"""Proves by crashing everything that what was accepted is delivered once: `python -m tests.chaos --help`."""
