"""Where log records are kept: one function a sink, which may be called twice with the same records."""
