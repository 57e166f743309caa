"""Who is asking: passwords, tokens, signatures; pure where they can be."""
