"""Which files the rules are about: everything of ours that is in the tree, whoever has committed it or not."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api", "workers", "models", "config", "sandbox", "clients", "benchmarks", "tests", "deploy")
PAGES = ("README.md", "README.ko.md", "CONTRIBUTING.md", "CHANGELOG.md")


def python_files() -> Iterator[Path]:
    """Every Python file of the packages, relative to the root, in order."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            relative = path.relative_to(ROOT)
            if not any(part.startswith(".") or part == "build" for part in relative.parts):
                yield relative


def text_of(path: Path) -> str:
    """The text of a file that is named from the root."""
    return (ROOT / path).read_text(encoding="utf-8")


def pages() -> Iterator[Path]:
    """Every page of documentation, relative to the root."""
    yield from (Path(name) for name in PAGES if (ROOT / name).exists())
    yield from (path.relative_to(ROOT) for path in sorted((ROOT / "docs").rglob("*.md")))
