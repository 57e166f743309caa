"""Merging: what a recipient gets, which variables it needs, and that the short way is the whole way."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api import merge
from api.errors import ApiError
from api.merge import Merge, why
from config.vocabulary import Channel

TEXT = {"from": "0212345678", "text": "#{name} 님, 주문 #{order}"}
PERSON = {"name": "홍길동", "order": "A-1"}
WHO = "01020000101"


def content(made: merge.Merged) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(made.content)
    return read


def wrong_fields(channel: Channel, message: dict[str, Any], to: str | None, variables: dict[str, str]) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        Merge(channel, message).of(to, variables)
    return [each.field for each in why(caught.value)]


def test_variables_are_filled_in() -> None:
    made = Merge(Channel.SOLAPI, TEXT).of("010-2000-0101", PERSON)
    assert (made.type, made.recipient) == ("SMS", WHO)
    assert content(made) == {"from": "0212345678", "to": WHO, "text": "홍길동 님, 주문 A-1", "type": "SMS"}


def test_a_long_one_becomes_an_lms() -> None:
    assert Merge(Channel.SOLAPI, TEXT).of(WHO, {**PERSON, "name": "가" * 50}).type == "LMS"


def test_a_mail_is_filled_everywhere_and_escaped_in_html() -> None:
    message = {"subject": "#{name}", "text": "#{name}", "html": "<b>#{name}</b>"}
    made = content(Merge(Channel.GMAIL, message).of("a@example.com", {"name": "<&>"}))
    assert (made["subject"], made["text"], made["html"]) == ("<&>", "<&>", "<b>&lt;&amp;&gt;</b>")


def test_kakao_goes_to_a_friend_or_to_oneself() -> None:
    made = Merge(Channel.KAKAO, {"template_id": 7, "template_args": {"이름": "#{name}"}})
    friend, myself = made.of("friend-1", PERSON), made.of(None, PERSON)
    assert (friend.recipient, myself.recipient) == ("friend-1", "me")
    assert content(friend)["template_args"] == {"이름": "홍길동"}


def test_an_alimtalk_keeps_its_own_variables() -> None:
    options = {"pfId": "p", "templateId": "t", "variables": {"이름": "#{name}"}}
    made = content(Merge(Channel.SOLAPI, {"kakaoOptions": options}).of(WHO, PERSON))
    assert (made["type"], made["kakaoOptions"]["variables"]) == ("ATA", {"#{이름}": "홍길동"})


@pytest.mark.parametrize(
    ("channel", "message", "to", "variables", "fields"),
    [
        (Channel.SOLAPI, TEXT, "010-12", PERSON, ["to"]),
        (Channel.SOLAPI, TEXT, None, PERSON, ["to"]),
        (Channel.SOLAPI, TEXT, WHO, {"name": "홍"}, ["variables.order"]),
        (Channel.SOLAPI, {**TEXT, "subject": "#{title}"}, WHO, PERSON, ["variables.title"]),
        (Channel.SOLAPI, TEXT, WHO, {**PERSON, "name": "😀"}, ["text"]),
        (Channel.SOLAPI, TEXT, WHO, {**PERSON, "name": "\x00"}, ["text"]),
        (Channel.SOLAPI, TEXT, WHO, {**PERSON, "name": "가" * 1000}, ["text"]),
        (Channel.SOLAPI, {"from": "0212345678", "text": "#{name}"}, WHO, {"name": " "}, ["text"]),
        (Channel.GMAIL, {"subject": "#{name}", "text": "x"}, "a@example.com", {"name": "a\nb"}, ["subject"]),
        (Channel.GMAIL, {"subject": "x", "text": "x"}, "nobody", {}, ["to.0.email"]),
    ],
)
def test_what_could_not_be_sent_is_named(
    channel: Channel, message: dict[str, Any], to: str | None, variables: dict[str, str], fields: list[str]
) -> None:
    assert wrong_fields(channel, message, to, variables) == fields


@pytest.mark.parametrize(
    ("channel", "message", "field"),
    [
        (Channel.SOLAPI, {"from": "0212345678"}, "message.text"),
        (Channel.SOLAPI, {"text": "x"}, "message.from"),
        (Channel.SOLAPI, {**TEXT, "txt": "x"}, "message.txt"),
        (Channel.SOLAPI, {"from": "12", "text": "#{name}"}, "message.from"),
        (Channel.KAKAO, {}, "message.msg"),
        (Channel.SES, {"subject": "x"}, "message.text"),
    ],
)
def test_a_message_that_is_wrong_for_all_is_refused_at_once(
    channel: Channel, message: dict[str, Any], field: str
) -> None:
    with pytest.raises(ApiError) as caught:
        Merge(channel, message).try_out()
    assert field in [each["field"] for each in caught.value.errors]


@pytest.mark.parametrize("text", ["#{name}", "#{name} 님", "x"])
def test_what_variables_decide_is_left_to_the_recipients(text: str) -> None:
    options = {"pfId": "p", "templateId": "t", "buttons": [{"buttonName": "b", "buttonType": "WL", "linkMo": "#{url}"}]}
    url = "https://example.com/a"
    for message in ({"from": "0212345678", "text": text}, {"kakaoOptions": options}):
        merge = Merge(Channel.SOLAPI, message)
        merge.try_out()
        filled = content(merge.of(WHO, {"name": "홍길동", "url": url}))
        assert filled["to"] == WHO
        assert "#{" not in str(filled)


@given(
    to=st.sampled_from([WHO, "010-2000-0101", "02-123-4567", "010", "", "+821020000101"]),
    name=st.text(max_size=60) | st.just("가" * 1000),
    more=st.sampled_from([{}, {"type": "SMS"}, {"type": "LMS"}, {"subject": "제목"}, {"subject": "s", "type": "LMS"}]),
)
def test_the_short_way_for_texts_is_the_whole_way(to: str, name: str, more: dict[str, Any]) -> None:
    short = Merge(Channel.SOLAPI, {**TEXT, **more})
    whole = Merge(Channel.SOLAPI, {**TEXT, **more})
    assert short._texts is not None
    whole._texts = None
    variables = {"name": name, "order": "1"}
    assert outcome(short, to, variables) == outcome(whole, to, variables)


def outcome(made: Merge, to: str, variables: dict[str, str]) -> object:
    try:
        merged = made.of(to, variables)
    except ValidationError as error:
        return [(each.field, each.code) for each in why(error)][:1]
    return merged.type, merged.recipient, json.loads(merged.content)
