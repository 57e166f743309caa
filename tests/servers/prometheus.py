"""Prometheus' own tool, which reads its rules as the server does."""

from pathlib import Path

from tests.servers.process import locate


def find() -> Path | None:
    """Find the tool's binary."""
    return locate("promtool")
