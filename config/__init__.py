"""Names and numbers; imports nothing of ours."""
