"""What an account's owner takes away: everything of his, nothing of others, no secret."""

import json
from typing import Any
from uuid import UUID

import pytest

from api.routes import export
from config.log_vocabulary import LogEvent
from config.vocabulary import State
from models.log_record import LogRecord
from models.schema import metadata
from models.session import transaction
from models.types import Digest, Sealed
from tests.api.conftest import PASSWORD, Person, Start
from tests.rows import a_row

pytestmark = pytest.mark.store


def exported(person: Person) -> list[dict[str, Any]]:
    answer = person.ask("GET", "/api/user/export")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/x-ndjson")
    assert "attachment" in answer.headers["Content-Disposition"]
    return [json.loads(line) for line in answer.text.splitlines()]


def a_log_record(account_id: UUID | None) -> UUID:
    with transaction() as session:
        return LogRecord.create(session, account_id=account_id, event=LogEvent.REQUEST_SERVED, detail="{}").id


def test_all_of_ones_own_is_there_and_nothing_of_others(
    start: Start, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = start(database_url)
    monkeypatch.setattr(export, "PAGE", 2)
    me, other = Person(client, "user@example.com").register(), Person(client, "other@example.com").register()
    key_id, key = me.make_key(user_memo="주문", whitelist=["203.0.113.0/24"])
    other.make_key(user_memo="other's", whitelist=["198.51.100.0/24"])
    given = {"channel": "gmail", "user": "zqxuser@example.com", "password": "zqxpassword"}
    me.ask("POST", "/api/user/connections", {"credentials": given, "name": "내 메일"})
    mine = UUID(me.ask("GET", "/api/user/me").json()["id"])
    sent = {str(a_row(State.SENT, account_id=mine, api_key_id=UUID(key_id))) for _ in range(5)}
    a_row(State.SENT)
    logged, _, _ = (a_log_record(account) for account in (mine, UUID(int=1), None))
    lines = exported(me)
    kinds = [line["kind"] for line in lines]
    own = ["account", "login", "api_key", "network", "connection", *["audit"] * 2, "log_record"]
    assert kinds == [*own, *["notification"] * 5]
    assert {line["row"]["id"] for line in lines if line["kind"] == "notification"} == sent
    by_kind = {line["kind"]: line["row"] for line in lines}
    assert (by_kind["account"]["email"], by_kind["api_key"]["user_memo"]) == ("user@example.com", "주문")
    assert (by_kind["network"]["network"], by_kind["connection"]["name"]) == ("203.0.113.0/24", "내 메일")
    assert by_kind["log_record"]["id"] == str(logged)
    text = json.dumps(lines)
    for secret in (
        key.secret_key,
        "zqxpassword",
        "zqxuser",
        PASSWORD,
        "$2b$",
        "198.51.100",
        me.tokens["refresh_token"],
    ):
        assert secret not in text


def test_no_column_that_opens_something_is_forgotten() -> None:
    closed = {
        column.name
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Sealed | Digest)
    }
    # Not in an account's own rows, or never shown: a notification's facts are named one by one.
    assert closed - {"recipient_hash", "code_hash"} <= export.SECRET
