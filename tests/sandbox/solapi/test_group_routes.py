from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from sandbox.settings import Settings
from tests.sandbox.running import Api, api, eventually, sms

GROUPS = "/messages/v4/groups"


def code(answer: tuple[int, dict[str, object]]) -> tuple[int, object]:
    return answer[0], answer[1].get("errorCode")


def in_(seconds: float) -> dict[str, str]:
    return {"scheduledDate": (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()}


def test_a_group_that_is_fired_arrives_once_and_is_reported(solapi: Api, number: str) -> None:
    group = solapi.group()
    body = {"messages": [sms(number, customFields={"nid": "n-1", "att": "1"})]}
    status, added = solapi.call("PUT", f"{GROUPS}/{group}/messages", body)
    assert (status, added["errorCount"]) == (200, 0)
    assert solapi.inbox(number) == []

    status, sent = solapi.send(group)

    assert (status, sent["status"], sent["count"]["registeredSuccess"]) == (200, "SENDING", 1)
    (entry,) = solapi.inbox(number)
    assert entry["provider_id"] == added["resultList"][0]["messageId"]
    assert (entry["channel"], entry["type"], entry["notification_id"]) == ("solapi", "SMS", "n-1")
    eventually(lambda: solapi.status(group) == "COMPLETE")
    (message,) = solapi.call("GET", f"{GROUPS}/{group}/messages")[1]["messageList"].values()
    assert (message["statusCode"], message["customFields"]["att"]) == ("4000", "1")
    assert code(solapi.send(group)) == (409, "AlreadySent")
    assert len(solapi.inbox(number)) == 1


def test_a_group_in_progress_cannot_be_fired_changed_or_deleted(number: str) -> None:
    with api(Settings(port=0, smtp_port=0, report_delay=60)) as slow:
        group = slow.group(number)
        assert slow.send(group)[0] == 200
        assert code(slow.send(group)) == (409, "GroupInProcessing")
        assert code(slow.call("DELETE", f"{GROUPS}/{group}")) == (400, "NotOperationalStatus")
        again = {"messages": [sms(number)]}
        assert code(slow.call("PUT", f"{GROUPS}/{group}/messages", again)) == (400, "InvalidGroupStatus")
        assert code(slow.call("POST", f"{GROUPS}/{group}/schedule", in_(60))) == (400, "InvalidStatus")
        assert len(slow.inbox(number)) == 1


def test_a_deleted_group_is_shown_as_deleted_and_never_fires(solapi: Api, number: str) -> None:
    group = solapi.group(number)
    assert solapi.call("DELETE", f"{GROUPS}/{group}")[1]["status"] == "DELETED"
    assert solapi.status(group) == "DELETED"
    assert code(solapi.send(group)) == (400, "DeletedGroup")
    assert code(solapi.call("POST", f"{GROUPS}/{group}/resend")) == (400, "InvalidStatus")
    assert solapi.inbox(number) == []


def test_a_scheduled_group_fires_by_itself(solapi: Api, number: str) -> None:
    group = solapi.group(number)
    assert solapi.call("POST", f"{GROUPS}/{group}/schedule", in_(0.8))[1]["status"] == "SCHEDULED"
    assert code(solapi.send(group)) == (409, "ScheduledGroup")
    assert solapi.inbox(number) == []
    eventually(lambda: len(solapi.inbox(number)) == 1)


def test_a_cancelled_reservation_fails_and_can_be_sent_again(solapi: Api, number: str) -> None:
    group = solapi.group(number)
    solapi.call("POST", f"{GROUPS}/{group}/schedule", in_(0.8))
    assert solapi.call("DELETE", f"{GROUPS}/{group}/schedule")[1]["status"] == "FAILED"
    assert code(solapi.call("DELETE", f"{GROUPS}/{group}/schedule")) == (400, "InvalidStatus")
    assert code(solapi.send(group)) == (400, "FailedGroup")
    assert solapi.inbox(number) == []
    assert solapi.call("POST", f"{GROUPS}/{group}/resend")[1]["status"] == "SENDING"
    assert code(solapi.call("POST", f"{GROUPS}/{group}/resend")) == (400, "InvalidStatus")
    assert len(solapi.inbox(number)) == 1


@pytest.mark.parametrize("body", [in_(-5), in_(190 * 86_400), {"scheduledDate": "2030-01-01T00:00:00"}, {}])
def test_a_reservation_needs_a_future_moment_with_its_zone(solapi: Api, number: str, body: dict[str, str]) -> None:
    group = solapi.group(number)
    assert code(solapi.call("POST", f"{GROUPS}/{group}/schedule", body)) == (400, "InvalidScheduledDate")


def test_nothing_to_send_is_refused(solapi: Api) -> None:
    assert code(solapi.send(solapi.group())) == (400, "ValidationError")
    assert code(solapi.send(solapi.group("0109999" + "1061"))) == (400, "ValidationError")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/send"),
        ("POST", "/resend"),
        ("GET", "/messages"),
        ("DELETE", "/schedule"),
    ],
)
def test_an_unknown_group_is_404(solapi: Api, method: str, path: str) -> None:
    assert code(solapi.call(method, f"{GROUPS}/G4V20260101000000AAAAAAAAAAAAAAA{path}")) == (404, "ResourceNotFound")


def test_a_number_stands_once_in_a_group_unless_allowed(solapi: Api, number: str) -> None:
    twice = {"messages": [sms(number), sms(number)]}
    strict, loose = solapi.group(), solapi.group(allowDuplicates=True)
    refused = solapi.call("PUT", f"{GROUPS}/{strict}/messages", twice)[1]
    assert [item["statusCode"] for item in refused["resultList"]] == ["2000", "1026"]
    assert refused["errorCount"] == 1
    assert solapi.call("PUT", f"{GROUPS}/{loose}/messages", twice)[1]["errorCount"] == 0
    for group in (strict, loose):
        solapi.send(group)
    assert len(solapi.inbox(number)) == 3


def test_more_than_ten_thousand_recipients_at_once_are_too_many(solapi: Api) -> None:
    body = {"messages": [sms("01000005555") | {"to": ["01000005555"] * 10_001}]}
    assert code(solapi.call("PUT", f"{GROUPS}/{solapi.group()}/messages", body)) == (413, "RecipientsTooMany")


def test_messages_can_be_taken_out_before_firing(solapi: Api, number: str) -> None:
    group = solapi.group(number)
    (id_,) = solapi.call("GET", f"{GROUPS}/{group}/messages")[1]["messageList"]
    removed = solapi.call("DELETE", f"{GROUPS}/{group}/messages", {"messageIds": [id_, "M4V0"]})[1]
    assert [item["resultCode"] for item in removed["resultList"]] == ["Success", "ResourceNotFound"]
    assert code(solapi.call("DELETE", f"{GROUPS}/{group}/messages", {"messageIds": [id_]})) == (400, "ResourceNotFound")
    assert code(solapi.call("DELETE", f"{GROUPS}/{group}/messages", {"messageIds": 1})) == (400, "ValidationError")
    assert code(solapi.send(group)) == (400, "ValidationError")


def test_groups_are_listed_newest_first_and_in_pages(solapi: Api) -> None:
    ids = [solapi.group() for _ in range(3)]
    first = solapi.call("GET", f"{GROUPS}?limit=2")[1]
    assert list(first["groupList"]) == [ids[2], ids[1]]
    second = solapi.call("GET", f"{GROUPS}/?limit=1&startKey={first['nextKey']}")[1]
    assert list(second["groupList"]) == [ids[0]]
    by_id = solapi.call("GET", f"{GROUPS}?criteria=groupId,status&cond=eq,eq&value={ids[1]},PENDING")[1]
    assert list(by_id["groupList"]) == [ids[1]]


@pytest.fixture
def poor() -> Iterator[Api]:
    with api(Settings(port=0, smtp_port=0, report_delay=0.05, balance=50, daily_quota=2)) as started:
        yield started


def test_money_is_charged_at_firing_and_can_run_out(poor: Api) -> None:
    two, three = poor.group("01000000011", "01000000012"), poor.group("01000000013")
    assert poor.send(two)[0] == 200
    assert poor.call("GET", "/cash/v1/balance")[1]["balance"] == 10
    assert code(poor.send(three)) == (402, "NotEnoughBalance")
    assert (poor.status(three), poor.inbox("01000000013")) == ("PENDING", [])
    poor.call("POST", f"{GROUPS}/{three}/schedule", in_(0.5))
    eventually(lambda: poor.status(three) == "FAILED")


def test_the_daily_quota_fails_a_group_but_not_its_resend() -> None:
    with api(Settings(port=0, smtp_port=0, report_delay=0.05, daily_quota=1)) as started:
        group = started.group("01000000011", "01000000012")
        status, answer = started.send(group)
        assert (status, answer["status"], len(answer["log"])) == (200, "FAILED", 1)
        assert started.inbox("01000000011") == []
        assert started.call("POST", f"{GROUPS}/{group}/resend")[1]["status"] == "SENDING"
        assert len(started.inbox("01000000011")) == 1


def test_a_recipient_that_hangs_gets_its_message_but_the_caller_no_answer(solapi: Api) -> None:
    to = "01012340003"
    group = solapi.group(to)
    with pytest.raises(requests.ConnectionError):
        solapi.send(group)
    assert code(solapi.send(group))[0] == 409
    assert len(solapi.inbox(to)) == 1


def test_a_recipient_that_throttles_does_so_once(solapi: Api) -> None:
    group, to = solapi.group(), "01012340004"
    body = {"messages": [sms(to, customFields={"nid": "n-4"})]}
    answer = solapi.session.put(f"{solapi.base}/solapi{GROUPS}/{group}/messages", json=body, timeout=10)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert solapi.call("PUT", f"{GROUPS}/{group}/messages", body)[1]["errorCount"] == 0
    assert solapi.send(group)[0] == 200
    assert len(solapi.inbox(to)) == 1


def test_a_rejected_recipient_is_refused_at_registration(solapi: Api, number: str) -> None:
    group = solapi.group("01012340002", number)
    listed = solapi.call("GET", f"{GROUPS}/{group}/messages")[1]["messageList"].values()
    assert {item["to"]: item["statusCode"] for item in listed} == {"01012340002": "1060", number: "2000"}
    sent = solapi.send(group)[1]
    assert sent["count"]["registeredFailed"] == 1
    assert (solapi.inbox("01012340002"), len(solapi.inbox(number))) == ([], 1)


def test_reject_and_hang_faults_are_drawn_for_ordinary_recipients(solapi: Api, number: str) -> None:
    solapi.fault(channel="solapi", kind="reject", rate=1)
    refused = solapi.call("PUT", f"{GROUPS}/{solapi.group()}/messages", {"messages": [sms(number)]})[1]
    assert refused["resultList"][0]["statusCode"] == "1060"
    solapi.session.delete(f"{solapi.base}/faults", timeout=10)
    solapi.fault(channel="solapi", kind="hang_after_accept", rate=1, seconds=0.1)
    group = solapi.group(number)
    with pytest.raises(requests.ConnectionError):
        solapi.send(group)
    assert len(solapi.inbox(number)) == 1
