from pathlib import Path

import pytest

from config.settings import settings
from models.archive_place import Directory, place


def test_a_directory_keeps_what_was_written_last_and_nothing_half(tmp_path: Path) -> None:
    shelf = Directory(tmp_path / "archive")
    for data in (b"one", b"two"):
        shelf.write("year=2026/month=09/a.json.gz", data)
    assert shelf.read("year=2026/month=09/a.json.gz") == b"two"
    assert [each.name for each in tmp_path.rglob("*") if each.is_file()] == ["a.json.gz"]


def test_what_is_not_there_is_missing_and_may_be_deleted(tmp_path: Path) -> None:
    shelf = Directory(tmp_path)
    shelf.delete("a")
    with pytest.raises(FileNotFoundError):
        shelf.read("a")


def test_an_installation_without_an_archive_has_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, kind in (("none", type(None)), ("/mnt/logs", Directory)):
        monkeypatch.setenv("ALRIM_ARCHIVE", said)
        settings.cache_clear()
        assert type(place()) is kind
    settings.cache_clear()
