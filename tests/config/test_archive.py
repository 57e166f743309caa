from pathlib import Path

import pytest

from config.archive import Archive, BucketName
from config.settings import SettingsError, settings


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("none", None),
        ("/mnt/logs", Path("/mnt/logs")),
        ("s3://our-logs", BucketName("our-logs", "")),
        ("s3://our-logs/", BucketName("our-logs", "")),
        ("s3://our-logs/alrim/prod/", BucketName("our-logs", "alrim/prod/")),
    ],
)
def test_where_the_archive_is(said: str, meant: Path | BucketName | None) -> None:
    assert Archive(archive=said).where() == meant


@pytest.mark.parametrize("said", ["s3://", "s3://Our_Logs", "s3://our-logs/a b"])
def test_what_names_no_bucket_is_refused(said: str) -> None:
    with pytest.raises(SettingsError, match="ALRIM_ARCHIVE"):
        Archive(archive=said).where()


@pytest.mark.parametrize(("env", "has_one"), [("local", True), ("test", True), ("dev", False), ("prod", False)])
def test_without_a_word_only_a_desk_has_an_archive(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, env: str, *, has_one: bool
) -> None:
    monkeypatch.setenv("ALRIM_ENV", env)
    monkeypatch.setenv("ALRIM_VAR", str(tmp_path))
    settings.cache_clear()
    assert Archive().where() == (tmp_path / "archive" if has_one else None)
    settings.cache_clear()
