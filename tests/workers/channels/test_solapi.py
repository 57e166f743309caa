import json
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.vocabulary import Lane
from tests.workers.channels.solapi_model import (
    BROKE,
    CREATED,
    CREDENTIALS,
    FIRED,
    GARBLED,
    GROUP,
    IDS,
    REFUSED,
    SENT,
    TIMEOUT,
    Vendor,
    added,
    by_id,
    carry,
    group,
    listing,
    message,
    play,
    refusal,
    reply,
    stamp,
)
from tests.workers.channels.solapi_trouble import Witness, World
from workers.channels import solapi
from workers.channels.exchange import Depart, HttpRequest, Message, Reply, Silence
from workers.outcome import Accepted, Rejected, Retry, Unknown

MINUTES = timedelta(minutes=10)
BOTH = (message(0), message(1))
CLOSED = Retry("NotEnoughBalance", MINUTES, closes=True)
MANY = (message(0), message(1), message(2), message(3))


def test_urgent_messages_travel_alone() -> None:
    assert {Lane.URGENT: 1, Lane.NORMAL: 1000, Lane.BULK: 1000} == solapi.BATCH_SIZE


@pytest.mark.parametrize(
    ("answers", "letters", "outcomes"),
    [
        ([REFUSED], "C", [Retry("refused")] * 2),
        ([TIMEOUT], "C", [Retry("timeout")] * 2),
        ([GARBLED], "C", [Retry("unreadable")] * 2),
        ([Reply(503, {"retry-after": "9"}, b"<html>")], "C", [Retry("http_503", timedelta(seconds=9))] * 2),
        ([refusal(400, "ValidationError")], "C", [Retry("ValidationError")] * 2),
        ([refusal(403, "InvalidAPIKey")], "C", [Retry("InvalidAPIKey", closes=True, reauth=True)] * 2),
        ([CREATED, TIMEOUT], "CP", [Retry("timeout")] * 2),
        ([CREATED, Reply(500, body=b"")], "CP", [Retry("http_500")] * 2),
        ([CREATED, BROKE], "CP", [CLOSED] * 2),
        ([CREATED, refusal(409, "AlreadySent")], "CP", [Retry("AlreadySent")] * 2),
        (
            [CREATED, Reply(429, {"retry-after": "30"})],
            "CP",
            [Retry("http_429", timedelta(seconds=30), closes=True)] * 2,
        ),
        ([CREATED, Reply(429)], "CP", [Retry("http_429", solapi.THROTTLED_FOR, closes=True)] * 2),
        ([CREATED, refusal(400, "ValidationError"), CREATED, BROKE], "CPCP", [CLOSED, None]),
        ([CREATED, added("1062", "1024")], "CP", [Rejected("1062"), Retry("1024")]),
        ([CREATED, added("1030", "1099")], "CP", [Retry("1030", MINUTES, closes=True), Retry("1099")]),
        ([CREATED, added("1062", "2000"), ()], "CPD", [Rejected("1062"), None]),
        ([CREATED, added("1062", "2000"), IDS[1:2], FIRED], "CPDF", [Rejected("1062"), Accepted("M1")]),
        ([CREATED, added("2000", "2000"), IDS[:1]], "CPD", []),
        ([CREATED, added("2000"), listing("2000")], "CPM", [Retry("unconfirmed")] * 2),
        ([CREATED, GARBLED, TIMEOUT], "CPM", [Retry("unconfirmed")] * 2),
        ([CREATED, GARBLED, listing("2000", "2000"), IDS[:2], FIRED], "CPMDF", [Accepted("M0"), Accepted("M1")]),
    ],
)
def test_before_departure_nothing_can_have_left(
    answers: Sequence[object], letters: str, outcomes: Sequence[object]
) -> None:
    said, steps, came_of_it = play(solapi.converse(BOTH, CREDENTIALS, stamp), answers)
    assert (said, came_of_it) == (letters, by_id(*outcomes))
    for step in steps:
        if isinstance(step, Depart):
            assert (step.group_id, step.all_or_none) == (GROUP, True)


UNRAVELLED = [
    ([TIMEOUT], "F", [Unknown("timeout")] * 2),
    ([REFUSED], "F", [Unknown("refused")] * 2),
    ([Reply(503, body=b"<html>")], "F", [Unknown("http_503")] * 2),
    ([BROKE, CREATED, reply({}), group("DELETED")], "FLXL", [CLOSED] * 2),
    ([BROKE, CREATED, TIMEOUT, group("PENDING")], "FLXL", [Unknown("NotEnoughBalance")] * 2),
    ([BROKE, CREATED, reply({}), TIMEOUT], "FLXL", [Unknown("NotEnoughBalance")] * 2),
    ([refusal(403, "Forbidden"), refusal(403, "Forbidden")], "FL", [Unknown("Forbidden")] * 2),
    (
        [Reply(429, {"retry-after": "7"}), CREATED, reply({}), group("DELETED")],
        "FLXL",
        [Retry("http_429", timedelta(seconds=7), closes=True)] * 2,
    ),
    ([refusal(400, "BadLuck"), CREATED, reply({}), group("DELETED")], "FLXL", [Retry("BadLuck")] * 2),
    ([refusal(400, "ValidationError"), group("DELETED")], "FL", [Retry("ValidationError")] * 2),
    (
        [refusal(400, "DeletedGroup"), group("DELETED", SENT), listing("2000", "4000")],
        "FLM",
        [Unknown("DeletedGroup"), Accepted("M1")],
    ),
    (
        [refusal(400, "InvalidStatus"), group("SENDING", SENT), listing("2000", "3104")],
        "FLM",
        [Accepted("M0"), Rejected("3104")],
    ),
    (
        [refusal(400, "FailedGroup"), group("FAILED", SENT), listing("2000", "2024")],
        "FLM",
        [Unknown("FailedGroup"), Rejected("2024")],
    ),
    (
        [group("FAILED", SENT), group("FAILED", SENT), listing("2230", "3000")],
        "FLM",
        [Rejected("2230"), Accepted("M1")],
    ),
    ([GARBLED, group("COMPLETE", SENT), listing("4000", "3040")], "FLM", [Accepted("M0"), Unknown("3040")]),
    ([GARBLED, GARBLED, TIMEOUT], "FLM", [Unknown("unreadable")] * 2),
    (
        [refusal(404, "ResourceNotFound"), refusal(404, "ResourceNotFound"), Reply(404)],
        "FLM",
        [Unknown("ResourceNotFound")] * 2,
    ),
    ([BROKE, CREATED, reply({}), FIRED, listing("2000", "2000")], "FLXLM", [Accepted("M0"), Accepted("M1")]),
]


@pytest.mark.parametrize(("answers", "letters", "outcomes"), UNRAVELLED)
def test_a_departed_group_is_judged_by_what_it_is(
    answers: Sequence[object], letters: str, outcomes: Sequence[object]
) -> None:
    departure = [CREATED, added("2000", "2000"), IDS[:2]]
    said, _, came_of_it = play(solapi.converse(BOTH, CREDENTIALS, stamp), [*departure, *answers])
    assert (said, came_of_it) == (f"CPD{letters}", by_id(*outcomes))
    said, _, came_of_it = play(solapi.settle(BOTH, GROUP, CREDENTIALS, stamp), answers)
    assert (said, came_of_it) == (letters, by_id(*outcomes))


@pytest.mark.parametrize(
    "answer",
    [FIRED, group("PENDING"), *(refusal(409, code) for code in ("GroupInProcessing", "AlreadySent", "ScheduledGroup"))],
)
def test_a_fired_group_is_accepted_however_often_it_is_fired(answer: Reply) -> None:
    _, steps, outcomes = play(
        solapi.converse(BOTH, CREDENTIALS, stamp), [CREATED, added("2000", "2000"), IDS[:2], answer]
    )
    assert outcomes == by_id(Accepted("M0"), Accepted("M1"))
    assert [step.delivers for step in steps if isinstance(step, HttpRequest)] == [False, False, True]
    pages = [
        listing("2000", next_key="k/1"),
        reply({"messageList": json.loads(listing("", "4000").body)["messageList"]}),
    ]
    letters, steps, outcomes = play(solapi.settle(MANY[:3], GROUP, CREDENTIALS, stamp), [answer, *pages])
    assert letters == "FMM"
    assert isinstance(steps[2], HttpRequest)
    assert steps[2].url.endswith("/messages?limit=500&startKey=k%2F1")
    assert outcomes == by_id(Accepted("M0"), Accepted("M1"), Unknown("not_listed"))


def test_pages_end_even_if_the_vendor_never_says_so() -> None:
    endless = [listing("2000", next_key="same")] * solapi.PAGES
    letters, _, _ = play(solapi.settle(BOTH, GROUP, CREDENTIALS, stamp), [FIRED, *endless])
    assert letters == "F" + "M" * solapi.PAGES


def test_images_are_uploaded_once_each_and_replaced() -> None:
    messages = [message(0, image="QQ=="), message(1, image="QQ=="), message(2, image="Qg=="), message(3)]
    uploads = [reply({"fileId": "ST01FJ1"}), reply({"fileId": "ST01FJ2"})]
    answers = [*uploads, CREATED, added(*["2000"] * 4), IDS, FIRED]
    letters, steps, outcomes = play(solapi.converse(messages, CREDENTIALS, stamp), answers)
    assert (letters, set(outcomes)) == ("IICPDF", set(IDS))
    assert isinstance(steps[3], HttpRequest)
    added_messages = json.loads(steps[3].body)["messages"]
    assert [each.get("imageId") for each in added_messages] == ["ST01FJ1", "ST01FJ1", "ST01FJ2", None]
    assert not any("image" in each for each in added_messages)


@pytest.mark.parametrize(
    ("answers", "letters", "outcomes"),
    [
        ([TIMEOUT], "I", [Retry("timeout")] * 2),
        ([BROKE], "I", [CLOSED] * 2),
        ([GARBLED], "I", [Retry("unreadable")] * 2),
        ([refusal(400, "ValidationError"), TIMEOUT], "IC", [Rejected("ValidationError"), Retry("timeout")]),
        ([refusal(400, "TooDark"), TIMEOUT], "IC", [Retry("TooDark"), Retry("timeout")]),
    ],
)
def test_a_bad_image_is_its_messages_fault_alone(
    answers: Sequence[object], letters: str, outcomes: Sequence[object]
) -> None:
    messages = [message(0, image="QQ=="), message(1)]
    said, _, came_of_it = play(solapi.converse(messages, CREDENTIALS, stamp), answers)
    assert (said, came_of_it) == (letters, by_id(*outcomes))


def test_messages_with_too_many_images_wait_for_their_next_turn() -> None:
    number = solapi.UPLOADS + 1
    messages = [
        Message(f"id-{each}", 1, "MMS", {"to": "01000000001", "image": f"image{each}"}) for each in range(number)
    ]
    answers = [reply({"fileId": "ST01FJ1"})] * solapi.UPLOADS
    letters, _, outcomes = play(solapi.converse(messages, CREDENTIALS, stamp), [*answers, REFUSED])
    assert letters == "I" * solapi.UPLOADS + "C"
    assert outcomes == {each.id: Retry("refused") for each in messages[:-1]}


@pytest.mark.parametrize("bad", range(4))
def test_a_message_that_spoils_the_whole_batch_ends_up_alone(bad: int) -> None:
    vendor = Vendor(spoilt_by=IDS[bad])
    outcomes = carry(solapi.converse(MANY, CREDENTIALS, stamp), vendor.take)
    assert outcomes.pop(IDS[bad]) == Rejected("ValidationError")
    assert all(isinstance(each, Accepted) for each in outcomes.values())
    assert vendor.sent == dict.fromkeys(set(IDS) - {IDS[bad]}, 1)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_no_second_put_no_fire_before_departure_and_no_retry_after_a_silent_one(data: st.DataObject) -> None:
    witness = Witness(data)
    outcomes = carry(solapi.converse(MANY[:3], CREDENTIALS, stamp), witness.answer)
    assert set(outcomes) <= set(IDS[:3])
    for name, answer in witness.fired.items():
        of_group = [outcomes[each] for each in witness.departed[name]]
        if isinstance(answer, Silence) or answer.status >= 500:
            assert all(isinstance(each, Unknown) for each in of_group)


@settings(deadline=None, max_examples=300)
@given(st.data(), st.integers(0, 5))
def test_every_message_is_sent_exactly_once_through_any_trouble(data: st.DataObject, troubles: int) -> None:
    world = World(data)
    for _ in range(troubles):
        world.work()
    world.lucky = True
    for _ in range(2):
        world.work()
    assert not world.rows
    assert world.vendor.sent == {IDS[0]: 1, IDS[1]: 1}
    assert world.done[IDS[2]] == Rejected("1062")
    assert all(isinstance(world.done[each], Accepted) for each in IDS[:2])
