"""What every request passes: plain ASGI classes."""
