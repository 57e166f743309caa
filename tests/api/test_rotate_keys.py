"""`alrim-admin keys rotate` on real databases: what it leaves behind, what it prints, and searching meanwhile."""

import base64
from collections.abc import Iterator, Sequence
from itertools import product

import pytest
from sqlalchemy import insert, update

from api import roster, rotate_keys
from api.admin import main
from api.batch_statement import BatchFacts
from api.filling import Filling
from api.merge import BODIES, SAMPLES, Merge
from api.rotate_keys import recipient_in
from api.routes.notifications import Filters, list_notifications
from api.routes.services import new_row
from api.schemas import email, kakao, solapi
from api.schemas.sending import SendingIn
from api.security.who import Caller, Viewer
from config.settings import settings
from config.vocabulary import BatchState, Channel, KeyKind, Role
from models import batch_ledger
from models.notification import Notification
from models.rotation import carry_out, rehashing
from models.sealing import sealer
from models.session import engine, snapshot, transaction
from models.types import new_id
from tests.rows import a_batch, a_connection

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

KEYS = [f"{kid}:{base64.b64encode(bytes([kid]) * 32).decode()}" for kid in (1, 2)]
FIRST, BOTH, LAST = KEYS[0], f"{KEYS[1]},{KEYS[0]}", KEYS[1]
INDEX = ["i" * 32, "n" * 32]
ME = Caller(new_id(), new_id(), "me@example.com", KeyKind.LIVE, frozenset(Channel), None, b"b" * 32, b"")
ABROAD = {"to": "090-1234-5678", "country": "81", "from": "0212345678", "text": "hello"}
BODIES_OF: dict[Channel, Sequence[object]] = {
    Channel.SOLAPI: [*solapi.EXAMPLES, ABROAD],
    Channel.KAKAO: kakao.EXAMPLES,
    Channel.GMAIL: email.EXAMPLES,
    Channel.SES: [{"to": "Some.One@Example.com", "subject": "s", "text": "t"}],
}
MESSAGES = {
    Channel.SOLAPI: [{"from": "0212345678", "text": "#{x}"}, {"from": "0212345678", "subject": "#{x}", "text": "#{x}"}],
    Channel.KAKAO: [{"msg": "#{x}"}],
    Channel.GMAIL: [{"subject": "s", "html": "#{x}"}],
    Channel.SES: [{"subject": "s", "text": "#{x}"}],
}


def started(monkeypatch: pytest.MonkeyPatch, seal_keys: str, index_key: str, previous: str = "") -> None:
    """Go on as a process that was started with these."""
    for name, value in {"SEAL_KEYS": seal_keys, "INDEX_KEY": index_key, "INDEX_KEY_PREVIOUS": previous}.items():
        monkeypatch.setenv(f"ALRIM_{name}", value)
    settings.cache_clear()
    sealer.cache_clear()


@pytest.fixture(autouse=True)
def _before(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    del database
    started(monkeypatch, FIRST, INDEX[0])


def accept() -> Iterator[SendingIn]:
    """Accept a message of every kind, one by one; their bodies."""
    for channel, examples in BODIES_OF.items():
        for example in examples:
            body = BODIES[channel].model_validate(example)
            with transaction() as session:
                session.execute(insert(Notification), new_row(ME, channel, body, new_id(), "r"))
            yield body


def fill() -> int:
    """Accept a batch of every kind; how many recipients they have."""
    filled = 0
    for channel, messages in MESSAGES.items():
        for message, abroad in product(messages, ({}, {"country": "1"} if channel is Channel.SOLAPI else {})):
            batch = a_batch(BatchState.RECEIVING, account_id=ME.account_id, channel=channel)
            with transaction() as session:
                begun = batch_ledger.begin_filling(session, batch.id)
            assert begun is not None
            merge = Merge(channel, {**message, **abroad})
            to = "2025550123" if abroad else SAMPLES[channel]
            people = roster.from_list([{"to": to, "variables": {"x": "y"}}])
            filled += Filling(engine(), BatchFacts.of(batch), merge, None, *begun).fill(people).accepted
    return filled


def found(recipient: str) -> int:
    page = list_notifications(Viewer(ME.account_id, Role.USER), Filters(recipient=recipient, limit=100))
    return len(page.items)


def said(capsys: pytest.CaptureFixture[str]) -> Sequence[str]:
    return [line for line in capsys.readouterr().out.splitlines() if not line.startswith("{")]


def test_every_recipient_is_recomputed_as_it_was_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    accepted = len([*accept()]) + fill()
    [*_, same] = carry_out(rehashing(recipient_in))
    assert (same.looked, same.changed, same.kept, same.broken) == (accepted, 0, 0, 0)
    started(monkeypatch, FIRST, INDEX[1])
    [*_, anew] = carry_out(rehashing(recipient_in))
    assert (anew.looked, anew.changed, anew.kept, anew.broken) == (accepted, accepted, 0, 0)


def test_recipients_are_found_before_during_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    whom = {body.recipient_in(body.sealed_body()) for body in accept()}
    counts = {each: found(each) for each in whom}
    assert sum(counts.values()) == sum(map(len, BODIES_OF.values()))
    started(monkeypatch, BOTH, INDEX[1], INDEX[0])
    assert {each: found(each) for each in whom} == counts
    [*accept()]
    counts = {each: 2 * number for each, number in counts.items()}
    assert {each: found(each) for each in whom} == counts
    assert main(["keys", "rotate"]) == 0
    started(monkeypatch, LAST, INDEX[1])
    assert {each: found(each) for each in whom} == counts
    with snapshot() as session:
        for row in Notification.filter(session):
            assert sealer().open("notifications.sealed", row.id, row.sealed or b"")


def test_without_a_previous_index_key_hashes_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    [*accept()]
    started(monkeypatch, BOTH, INDEX[1])
    assert main(["keys", "rotate"]) == 0
    assert found("01012345678") == 0
    started(monkeypatch, LAST, INDEX[0])
    assert found("me") > 0


def test_it_prints_counts_and_no_contents(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(rotate_keys, "SAY_EVERY", 0.0)
    a_connection()
    accepted = len([*accept()])
    started(monkeypatch, BOTH, INDEX[1], INDEX[0])
    assert main(["keys", "rotate"]) == 0
    first = said(capsys)
    assert main(["keys", "rotate"]) == 0
    again = said(capsys)
    for lines, number in ((first, accepted), (again, 0)):
        assert f"notifications.sealed: {accepted} looked at, {number} sealed anew so far" in lines
        assert f"notifications.sealed: {accepted} looked at, {number} sealed anew" in lines
        assert f"notifications.recipient_hash: {accepted} looked at, {number} hashed anew" in lines
        assert f"connections.secrets: 1 looked at, {min(number, 1)} sealed anew" in lines
        assert "api_keys.secret: 0 looked at, 0 sealed anew" in lines


def test_what_cannot_be_opened_is_an_error_and_what_is_gone_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [*accept()]
    with transaction() as session:
        row = Notification
        session.execute(update(row).where(row.channel == Channel.KAKAO).values(sealed=None))
    started(monkeypatch, BOTH, INDEX[1], INDEX[0])
    assert main(["keys", "rotate"]) == 0
    kept = len(kakao.EXAMPLES)
    assert f", {kept} cannot be made anew (their content is gone)" in said(capsys)[-1]
    started(monkeypatch, KEYS[0].replace("1:", "3:"), INDEX[1])
    assert main(["keys", "rotate"]) == 1
    wrong = "could not be opened (the first: notifications.sealed: master key 2 is not in ALRIM_SEAL_KEYS)"
    assert any(line.endswith(wrong) for line in said(capsys))


def test_help_says_in_which_order(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["keys", "rotate", "--help"])
    assert end.value.code == 0
    order = ["BEHIND", "in front", "keys rotate", "take the old key out"]
    text = capsys.readouterr().out.partition("in this order")[2]
    assert sorted(order, key=text.index) == order


def test_a_missing_setting_names_itself(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    started(monkeypatch, FIRST, INDEX[0], "short")
    assert main(["keys", "rotate"]) == 1
    assert "ALRIM_INDEX_KEY_PREVIOUS" in capsys.readouterr().err


def test_a_content_that_names_nobody_has_no_recipient() -> None:
    assert [
        recipient_in(channel, content) for channel in (Channel.SOLAPI, Channel.SES) for content in (b"{}", b"x")
    ] == [None] * 4
    assert recipient_in(Channel.KAKAO, b"{}") == "me"
