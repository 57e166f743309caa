"""What goes in and out on the wire; unknown fields are refused."""
