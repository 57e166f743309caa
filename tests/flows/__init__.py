"""Whole stories with real processes: server, workers, beat, broker, database, sandbox."""
