"""The vendor's own client against the sandbox, with nothing changed but the address."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from solapi import SolapiMessageService
from solapi.error.MessageNotReceiveError import MessageNotReceivedError
from solapi.model import KakaoOption, RequestMessage, SendRequestConfig
from solapi.model.request.groups.get_groups import GetGroupsRequest
from solapi.model.request.messages.get_messages import GetMessagesRequest

from tests.sandbox.running import FROM, Api

SECRET = "sandbox"


def connect(solapi: Api, secret: str = SECRET) -> SolapiMessageService:
    service = SolapiMessageService("sandbox", secret)
    service.base_url = f"{solapi.base}/solapi"
    return service


def message(to: str, text: str = "안녕하세요") -> RequestMessage:
    return RequestMessage(from_=FROM, to=to, text=text)


def test_it_sends_one(solapi: Api, number: str) -> None:
    sent = connect(solapi).send(message(number))
    assert (sent.group_info.count.registered_success, sent.failed_message_list) == (1, [])
    assert solapi.inbox(number)[0]["text"] == "안녕하세요"


def test_it_sends_many_and_reads_what_failed(solapi: Api, number: str) -> None:
    config = SendRequestConfig(allow_duplicates=True, show_message_list=True)
    sent = connect(solapi).send([message(number), message(number), message(number, "😀")], config)
    assert [item.status_code for item in sent.failed_message_list] == ["1029"]
    assert len(sent.message_list) == 3
    assert len(solapi.inbox(number)) == 2
    with pytest.raises(MessageNotReceivedError):
        connect(solapi).send(message(number, "😀"))


def test_it_sends_an_alimtalk(solapi: Api, number: str) -> None:
    variables = {"name": "지민", "order": 7}
    options = KakaoOption(pf_id="KA01PF0000", template_id="KA01TP0000", variables=variables, disable_sms=True)
    connect(solapi).send(RequestMessage(from_=FROM, to=number, kakao_options=options))
    (entry,) = solapi.inbox(number)
    assert (entry["type"], entry["text"]) == ("ATA", "지민님, 주문 7이(가) 접수되었습니다.")


def test_it_reads_groups_and_messages(solapi: Api, number: str) -> None:
    client = connect(solapi)
    group_id = client.send(message(number)).group_info.group_id
    assert client.get_group(group_id).group_id == group_id
    assert list(client.get_groups(GetGroupsRequest(group_id=group_id)).group_list) == [group_id]
    assert [item.to for item in client.get_group_messages(group_id).message_list.values()] == [number]
    found = client.get_messages(GetMessagesRequest(to=number, start_date=datetime.now(UTC) - timedelta(minutes=1)))
    assert [item.group_id for item in found.message_list.values()] == [group_id]


def test_it_cancels_a_reservation(solapi: Api, number: str) -> None:
    client = connect(solapi)
    config = SendRequestConfig(scheduled_date=datetime.now(UTC) + timedelta(hours=1))
    group = client.send(message(number), config).group_info
    assert group.status == "SCHEDULED"
    assert client.cancel_scheduled_message(group.group_id).status == "FAILED"
    assert solapi.inbox(number) == []


def test_it_uploads_and_reads_its_balance(solapi: Api, tmp_path: Path) -> None:
    image = tmp_path / "a.jpg"
    image.write_bytes(b"\xff\xd8\xff\xe0")
    assert connect(solapi).upload_file(str(image)).file_id.startswith("ST01FJ")
    assert connect(solapi).get_balance().balance > 0


def test_a_wrong_secret_and_an_unknown_path_are_refused(solapi: Api, number: str) -> None:
    with pytest.raises(Exception, match="SignatureDoesNotMatch"):
        connect(solapi, "wrong").send(message(number))
    assert solapi.inbox(number) == []
    assert solapi.call("GET", "/messages/v9/nothing")[1]["errorCode"] == "ResourceNotFound"
