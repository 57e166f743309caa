import base64
import stat
from pathlib import Path

from deploy.local.secret_file import MAKERS, load


def test_secrets_are_made_once_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    made = load(path)
    assert set(made) == set(MAKERS)
    assert len(set(made.values())) == len(MAKERS)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert load(path) == made
    assert path.read_bytes() == before
    assert load(tmp_path / "other.env") != made


def test_the_sealing_key_has_an_id_and_32_bytes(tmp_path: Path) -> None:
    kid, _, key = load(tmp_path / "secrets.env")["ALRIM_SEAL_KEYS"].partition(":")
    assert (kid, len(base64.b64decode(key, validate=True))) == ("1", 32)


def test_what_a_file_says_is_kept_and_what_it_lacks_is_added(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    path.write_text("# a comment = no secret\nALRIM_JWT_SECRET=kept=whole\nOWN=too\n")
    made = load(path)
    assert (made["ALRIM_JWT_SECRET"], made["OWN"]) == ("kept=whole", "too")
    assert set(made) == {*MAKERS, "OWN"}
    assert load(path) == made
    assert [each.name for each in tmp_path.iterdir()] == ["secrets.env"]


def test_a_write_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "secrets.new").write_text("ALRIM_JWT_SECRET=hal")
    assert load(tmp_path / "secrets.env") == load(tmp_path / "secrets.env")
