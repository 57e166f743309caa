from datetime import UTC, datetime, timedelta, timezone

import pytest
from solapi.model.response.common_response import GroupMessageResponse
from solapi.model.response.message import Message as StoredMessage
from solapi.model.webhook.single_report import SingleReportData

from sandbox.settings import Settings
from sandbox.solapi import shapes
from sandbox.solapi.account import Account
from sandbox.solapi.drafts import read
from sandbox.solapi.groups import Group

NOW = datetime(2026, 11, 24, 0, 45, tzinfo=UTC)


@pytest.fixture
def group() -> Group:
    """Three good messages, one of them delivered and one failed, and a refused one."""
    account = Account(Settings())
    group = account.create({"customFields": {"batch": "b"}}, NOW)
    body = {"to": [f"0100000000{n}" for n in range(4)], "from": "0212345678", "text": "가"}
    codes = ["2000", "2000", "2000", "1062"]
    account.add(group, zip(read(body), codes, strict=True), NOW)
    account.fire(group, NOW)
    for message, code in zip(group.messages.values(), ["4000", "3050", "3000", "1062"], strict=True):
        message.status = code
    return group


def test_a_group_is_what_the_vendors_client_reads(group: Group) -> None:
    shown = shapes.group(group)
    read_ = GroupMessageResponse.model_validate(shown)
    assert (read_.group_id, read_.status, read_.date_sent) == (group.id, "SENDING", NOW)
    assert shown["count"] == {
        "total": 4,
        "sentTotal": 3,
        "sentFailed": 1,
        "sentSuccess": 1,
        "sentPending": 1,
        "sentReplacement": 0,
        "refund": 0,
        "registeredFailed": 1,
        "registeredSuccess": 3,
    }
    assert (shown["countForCharge"]["sms"], shown["countForCharge"]["lms"]) == ({"82": 3}, {})
    assert (shown["balance"]["sum"], shown["customFields"]) == (60, {"batch": "b"})


def test_a_message_is_what_the_vendors_client_reads(group: Group) -> None:
    message = next(iter(group.messages.values()))
    stored = StoredMessage.model_validate(shapes.stored(message))
    assert (stored.message_id, stored.group_id, stored.status_code) == (message.id, group.id, "4000")
    report = SingleReportData.model_validate(shapes.report(message))
    assert (report.message_id, report.to, report.status_code) == (message.id, "01000000000", "4000")


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (None, None),
        (NOW, "2026-11-24T00:45:00.000Z"),
        (NOW.replace(microsecond=123_456), "2026-11-24T00:45:00.123Z"),
        (NOW.astimezone(timezone(timedelta(hours=9))), "2026-11-24T00:45:00.000Z"),
    ],
)
def test_moments_are_utc_with_milliseconds(when: datetime | None, text: str | None) -> None:
    assert shapes.moment(when) == text
