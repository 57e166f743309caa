"""The routes, thin: read, decide, answer."""
