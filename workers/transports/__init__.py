"""The only network I/O towards providers."""
