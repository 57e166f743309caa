import pytest
import requests

from tests.sandbox.running import Api, eventually, sms

SEND = "/messages/v4/send"
MANY = "/messages/v4/send-many"
LIST = "/messages/v4/list"


def test_one_message_is_sent_and_named_by_its_request(solapi: Api, number: str) -> None:
    status, sent = solapi.call("POST", SEND, {"message": sms(number)}, X_Request_Id="n-1")
    assert (status, sent["statusCode"], sent["type"]) == (200, "2000", "SMS")
    (entry,) = solapi.inbox(number)
    assert (entry["provider_id"], entry["notification_id"]) == (sent["messageId"], "n-1")
    assert solapi.status(sent["groupId"]) in {"SENDING", "COMPLETE"}


@pytest.mark.parametrize("message", [sms("01000005555", "😀"), sms("01012340002"), sms("01099991062")])
def test_a_bad_message_refuses_the_whole_request(solapi: Api, message: dict[str, object]) -> None:
    status, answer = solapi.call("POST", SEND, {"message": message})
    assert (status, answer["errorCode"]) == (400, "InvalidStatusCode")
    assert str(message["to"]) not in answer["errorMessage"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (SEND, {}),
        (SEND, {"message": sms("01000005555") | {"to": ["01000005555", "01000005556"]}}),
        (SEND, []),
        (MANY, {"messages": []}),
        (MANY, {"messages": {"to": "01000005555"}}),
    ],
)
def test_a_body_without_messages_is_refused(solapi: Api, path: str, body: object) -> None:
    status, answer = solapi.call("POST", path, body)
    assert (status, answer["errorCode"]) == (400, "ValidationError")


def test_many_are_sent_as_one_group(solapi: Api, number: str) -> None:
    status, group = solapi.call("POST", MANY, {"messages": [sms(number), sms("01000001000", "😀")]})
    assert (status, group["count"]["registeredSuccess"], group["count"]["registeredFailed"]) == (200, 1, 1)
    assert len(solapi.inbox(number)) == 1


def test_the_detail_names_the_refused_and_on_demand_all(solapi: Api, number: str) -> None:
    body = {"messages": [sms(number, customFields={"nid": "n-1"}), sms(number)], "showMessageList": True}
    answer = solapi.call("POST", f"{MANY}/detail", body)[1]
    assert [item["statusCode"] for item in answer["failedMessageList"]] == ["1026"]
    assert [item["customFields"] for item in answer["messageList"]] == [{"nid": "n-1"}, {}]
    assert "messageList" not in solapi.call("POST", f"{MANY}/detail", {"messages": [sms(number)]})[1]


def test_all_refused_is_still_an_ok_answer(solapi: Api) -> None:
    status, answer = solapi.call("POST", f"{MANY}/detail", {"messages": [sms("01012340002")]})
    count = answer["groupInfo"]["count"]
    assert (status, count["total"], count["registeredFailed"]) == (200, 1, 1)


def test_a_message_that_hangs_has_been_sent(solapi: Api) -> None:
    to = "01077770003"
    for path, body in ((SEND, {"message": sms(to)}), (f"{MANY}/detail", {"messages": [sms(to)]})):
        with pytest.raises(requests.ConnectionError):
            solapi.call("POST", path, body)
    assert len(solapi.inbox(to)) == 2


def test_a_message_that_throttles_passes_when_it_comes_again(solapi: Api) -> None:
    to = "01077770004"
    statuses = [solapi.call("POST", SEND, {"message": sms(to)})[0] for _ in range(4)]
    assert (statuses, len(solapi.inbox(to))) == ([429, 200, 429, 200], 2)


@pytest.mark.parametrize("path", [LIST, f"{LIST}-old"])
def test_messages_are_found_by_number_newest_first(solapi: Api, number: str, path: str) -> None:
    ids = [solapi.call("POST", SEND, {"message": sms(number)})[1]["messageId"] for _ in range(3)]
    page = solapi.call("GET", f"{path}?to={number}&limit=2")[1]
    assert list(page["messageList"]) == [ids[2], ids[1]]
    assert list(solapi.call("GET", f"{path}?to={number}&startKey={page['nextKey']}")[1]["messageList"]) == [ids[0]]


def test_messages_are_found_by_group_and_by_nothing(solapi: Api, number: str) -> None:
    group = solapi.group(number)
    (id_,) = solapi.call("GET", f"{LIST}?groupId={group}")[1]["messageList"]
    newest = next(iter(solapi.call("GET", LIST)[1]["messageList"]))
    assert newest == id_
    assert solapi.call("GET", f"{LIST}?to=01000000000")[1]["messageList"] == {}


def test_statistics_count_what_was_sent(solapi: Api, number: str) -> None:
    def delivered() -> int:
        total: dict[str, dict[str, int]] = solapi.call("GET", "/messages/v4/statistics")[1]["total"]
        return total["sms"].get("4000", 0)

    before = delivered()
    solapi.call("POST", SEND, {"message": sms(number)})
    eventually(lambda: delivered() > before)
    # Others may have come, too; none is counted away.
    assert delivered() > before
