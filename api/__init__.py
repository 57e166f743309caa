"""Accepts: registration, keys, authentication and notifications; never sends, never waits for a provider."""
