"""Imitates the providers on the wire; shares no code with what it tests."""
