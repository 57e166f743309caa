"""Whoever steals a backup of the database or of the broker finds no password, secret, token, recipient or text in it.

A run uses every feature with words that occur nowhere else. It is dumped twice: while everything waits, and when
everything was sent. What is in the clear by design must be found by the same search, or it would prove nothing.
"""

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import pytest
import requests

from config.vocabulary import Queue
from tests.flows import dumping, everything, everything_sent
from tests.flows.conftest import installed
from tests.flows.dumping import Dump, Word, findings
from tests.flows.everything import Run
from tests.flows.stack import RECEIPT_SECRET, RECEIPT_TOKEN, Stack
from tests.flows.words import Words
from tests.servers.mariadb import Mariadb
from tests.servers.rabbitmq import RabbitmqServer
from tests.servers.redis import RedisServer

pytestmark = [pytest.mark.flow, pytest.mark.timeout(240)]

SETTINGS = {
    "ALRIM_LEASE_SECONDS": "10",
    "ALRIM_ALLOW_LEGACY_SIGNING": "true",
    "ALRIM_KEY_REQUESTS_PER_SECOND": "1000",
    "ALRIM_ACCOUNT_MESSAGES_PER_DAY": "100000",
}
OWN_SECRETS = ("ALRIM_JWT_SECRET", "ALRIM_INDEX_KEY", "ALRIM_SEAL_KEYS")
WAITED = {"send.solapi.normal", "send.kakao.normal", "send.gmail.normal", "send.ses.normal", "receipts", "periodic"}
ARRIVED = {"zqx문자", "zqx나에게", "zqx메일제목", "zqx첨부", "zqx시험키", "zqx배치글", "zqx배치제목", "zqx올린글"}
WORD = "zqx비밀 단어+A/7"
SPELLINGS = {
    **{charset: WORD.encode(charset) for charset in ("utf-8", "utf-16-le", "utf-16-be", "cp949")},
    "hex": WORD.encode().hex().encode(),
    "HEX": WORD.encode().hex().upper().encode(),
    "URL": quote(WORD, safe="").encode(),
    "form": urlencode({"word": WORD}).encode(),
    "JSON": json.dumps({"word": WORD}).encode(),
    **{f"base64 at {at}": base64.b64encode(b"_" * at + WORD.encode() + b"_") for at in range(3)},
    **{f"base64url at {at}": base64.urlsafe_b64encode(b"_" * at + WORD.encode() + b"_") for at in range(3)},
    **{f"message at {at}": base64.b64encode(b"_" * at + json.dumps([WORD]).encode()) for at in range(3)},
}
NUMBERS = ("01098760001", "010-9876-0001", "010 9876 0001", "+821098760001", "+82 10-9876-0001", "82-10-9876-0001")


@dataclass(frozen=True)
class Taken:
    """A run, and the dumps that were taken of it: one while all waits, one when all was sent."""

    run: Run
    waiting: Dump
    sent: Dump


@pytest.fixture(scope="module", params=["sqlite and redis", "mariadb and rabbitmq"])
def taken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Taken]:
    with ExitStack() as ending:
        redis_server: RedisServer = request.getfixturevalue("redis_server")
        url, broker = None, None
        if request.param == "mariadb and rabbitmq":
            mariadb: Mariadb = request.getfixturevalue("mariadb")
            mariadb.start()
            url, broker = mariadb.fresh_database(), request.getfixturevalue("rabbitmq")
            broker.start()
            broker.delete(Queue)
        extra = SETTINGS if broker is None else {**SETTINGS, "ALRIM_BROKER_URL": broker.url}
        stack = ending.enter_context(installed(tmp_path_factory, redis_server, "sandbox", "web", url=url, extra=extra))
        yield dumped_twice(Run(stack), broker)


def dumped_twice(run: Run, rabbitmq: RabbitmqServer | None) -> Taken:
    for name in OWN_SECRETS:
        run.words.hide(name, run.stack.environment[name].removeprefix("1:"))
    run.words.hide("receipts of the installation", RECEIPT_TOKEN, RECEIPT_SECRET)
    for step in everything.STEPS:
        step(run)
    waiting = dump(run.stack, rabbitmq)
    for name in ("worker", "beat"):
        run.stack.launch(name)
    everything.settle(run)
    url, headers = f"{run.stack.api}/api/user/export", {"Authorization": run.people["sender"].bearer}
    export = requests.get(url, headers=headers, timeout=10).content
    return Taken(run, waiting, {**dump(run.stack, rabbitmq), "export": export})


def dump(stack: Stack, rabbitmq: RabbitmqServer | None) -> Dump:
    database = {**dumping.tables(stack.database_url), **dumping.database_files(stack.database_url, stack.directory)}
    if rabbitmq is not None:
        return {**database, **dumping.of_rabbitmq(rabbitmq.url, rabbitmq.home)}
    return {**database, **dumping.of_redis(stack.broker_url)}


def places(dump: Dump, *starts: str) -> Dump:
    return {place: held for place, held in dump.items() if place.startswith(starts)}


def test_what_waits_is_no_secret(taken: Taken) -> None:
    assert findings(taken.waiting, taken.run.words.secret) == []


def test_what_was_sent_is_no_secret(taken: Taken) -> None:
    assert findings(taken.sent, taken.run.words.secret) == []


def test_what_is_in_the_clear_by_design_is_found(taken: Taken) -> None:
    tables = {place: held for place, held in taken.waiting.items() if "." in place.partition(" ")[0]}
    gone = {word.text for word in taken.run.words.open if not findings(tables, [word])}
    # Who left took everything along.
    memos = {"yqxmemo-leaver", "yqxmemo-left"}
    assert gone == {"yqxleaver@example.com", "yqxname-leaver", taken.run.people["leaver"].access_key, *memos}
    files = places(taken.waiting, "file alrim.db", "mysqldump")
    assert findings(files, [Word("memo", "yqxmemo-sender")])
    for word in (everything.REQUEST_ID, taken.run.sent["SMS"]):
        assert findings(places(taken.waiting, "redis", "rabbitmq"), [Word("id", word)])


def test_everything_waited_and_was_sent(taken: Taken) -> None:
    queues = {place.partition(" ")[2] for place in places(taken.waiting, "redis", "rabbitmq")}
    assert queues >= WAITED
    assert len(taken.waiting["batch_rejects.detail"].splitlines()) > len(everything_sent.WRONG)
    assert taken.sent["attempts.outcome"]
    inbox = requests.get(f"{taken.run.stack.sandbox}/inbox.json", timeout=10).json()
    assert {word for word in ARRIVED if word not in str(inbox)} == set()


def test_every_word_was_noted(taken: Taken) -> None:
    kinds = {word.kind.rpartition(".")[2] for word in taken.run.words.secret}
    assert kinds >= {"pw", "msg", "html", "bcc", "filename", "content", "image", "receiver_uuids", "password", "upload"}
    assert kinds >= {
        "access token",
        "refresh token",
        "kakao token",
        "google token",
        "mailed code",
        "secret key",
        "rotated secret",
    }


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_word_is_found_however_it_is_written(spelling: bytes) -> None:
    held = {"somewhere": b"\x00before" + spelling + b"after", "elsewhere": b"zqx"}
    assert findings(held, [Word("planted", WORD)]) == ["planted in somewhere"]
    assert findings(held, [Word("absent", WORD[::-1])]) == []


@pytest.mark.parametrize("spelling", NUMBERS)
def test_a_number_is_found_however_it_is_written(spelling: str) -> None:
    words = Words()
    words.of("to", NUMBERS[0])
    held = {"plain": f"to={spelling};".encode(), "coded": base64.b64encode(f"to={spelling};".encode())}
    assert findings(held, words.secret) == ["to in coded", "to in plain"]


def test_all_findings_are_named_at_once() -> None:
    held = {"a": b"zqxfirst zqxsecond", "b": b"zqxsecond"}
    words = [Word("one", "zqxfirst"), Word("two", "zqxsecond"), Word("longer", "zqxsecond and more")]
    assert findings(held, words) == ["one in a", "two in a", "two in b"]
    with pytest.raises(AssertionError, match="too short"):
        findings(held, [Word("short", "zqxtwo")])
