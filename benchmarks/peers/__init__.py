"""The peers: the same work, written as others write it."""
