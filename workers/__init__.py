"""Sends: everything that talks to a provider, and everything that beat fires."""
