"""Everything on one machine without Docker, root or an account: `make up` and `make demo`."""
