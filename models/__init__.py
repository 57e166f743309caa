"""Remembers: one table a file, the ledger, sealing and transactions."""
