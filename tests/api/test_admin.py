"""The operator's command line, on real databases."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from api.admin import main
from config.settings import settings
from config.vocabulary import Action, Role
from models.account import Account
from models.audit import Audit
from models.login_session import LoginSession
from models.session import engine, snapshot, transaction
from models.types import utc_now

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

EMAIL = "someone@example.com"


@pytest.fixture
def account() -> UUID:
    with transaction() as session:
        return Account.create(session, email=EMAIL).id


def role(account: UUID) -> Role:
    with snapshot() as session:
        return session.get_one(Account, account).role


def test_an_account_becomes_an_operator_and_a_user_again(account: UUID, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operator", "add", EMAIL.upper()]) == 0
    assert role(account) is Role.OPERATOR
    assert main(["operator", "add", EMAIL]) == 0
    assert main(["operator", "remove", EMAIL]) == 0
    assert role(account) is Role.USER
    said = [line for line in capsys.readouterr().out.splitlines() if "trail.noted" not in line]
    assert said == [
        f"{EMAIL.upper()} is now operator",
        f"{EMAIL} is already operator",
        f"{EMAIL} is now user",
    ]
    with snapshot() as session:
        lines = [(line.action, line.subject_id) for line in Audit.filter(session)]
    assert lines == [(Action.OPERATOR_ADDED, account), (Action.OPERATOR_REMOVED, account)]


def test_an_account_is_logged_out_everywhere_and_nobody_else(account: UUID, capsys: pytest.CaptureFixture[str]) -> None:
    hour = utc_now() + timedelta(hours=1)
    with transaction() as session:
        other = Account.create(session).id
        for number, whose in enumerate((account, account, other)):
            LoginSession.create(session, account_id=whose, refresh_hash=bytes([number]) * 32, expires_at=hour)
    assert main(["account", "logout", EMAIL]) == 0
    assert f"{EMAIL} is logged out everywhere" in capsys.readouterr().out
    with snapshot() as session:
        assert [row.account_id for row in LoginSession.filter(session)] == [other]
        assert [line.action for line in Audit.filter(session)] == [Action.SESSION_ENDED]
    assert main(["account", "logout", "nobody@example.com"]) == 1


def test_who_has_not_registered_becomes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operator", "add", EMAIL]) == 1
    assert "register it first" in capsys.readouterr().err


def test_the_operator_vouches_for_an_address(account: UUID, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        assert main(["account", "verify", EMAIL]) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if "trail.noted" not in line]
    assert said == [f"{EMAIL} is verified now", f"{EMAIL} is verified already"]
    with snapshot() as session:
        assert session.get_one(Account, account).email_verified_at is not None
        assert [line.action for line in Audit.filter(session)] == [Action.EMAIL_VERIFIED]


@pytest.mark.parametrize("arguments", [["operator", "add", EMAIL], ["keys", "rotate"]])
def test_a_database_that_is_away_is_said(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALRIM_DATABASE_URL", f"sqlite:///{tmp_path}/none/alrim.db")
    settings.cache_clear()
    engine.cache_clear()
    assert main(arguments) == 1
    assert (
        capsys.readouterr().err
        == "alrim-admin: the database did not do it: see that it runs and is migrated, then run it again\n"
    )


@pytest.mark.parametrize("arguments", [[], ["operator"], ["operator", "promote", EMAIL], ["keys"]])
def test_what_is_no_command_shows_what_is(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    assert "usage: alrim-admin" in capsys.readouterr().err
