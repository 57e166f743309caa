"""One vendor a file, pure: what to say and how to read the answer."""
