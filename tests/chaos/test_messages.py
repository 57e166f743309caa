"""What is sent covers everything, and each text can be told from every other."""

import json

from config.vocabulary import Channel, Lane
from tests.chaos.messages import KINDS, orders, word_in

MAGIC = ("0002", "0003", "0004")
MANY = [*orders(1, 5000)]


def test_every_channel_and_lane_is_there() -> None:
    assert {(order.channel, order.body["lane"]) for order in MANY} == {
        (str(c), str(lane)) for c in Channel for lane in Lane
    }


def test_each_text_has_its_own_word() -> None:
    assert len({order.word for order in MANY}) == len(MANY)
    for order in MANY[: len(KINDS)]:
        text = json.dumps(order.body, ensure_ascii=False)
        assert word_in({"subject": None, "text": text, "html": None}) == order.word
        assert text.count(order.word) == 1


def test_no_recipient_asks_the_sandbox_for_a_fault() -> None:
    recipients = [order.body.get("to", "") for order in MANY]
    addresses = [each for to in recipients for each in ([to] if isinstance(to, str) else to)]
    assert not [each for each in addresses if each.partition("@")[0].endswith(MAGIC)]
    # Kakao's messages to oneself carry the digits in their text.
    texts = [str(text) for order in MANY for text in (order.body.get("msg"), order.body.get("text")) if text]
    assert not [text for text in texts if text.strip().endswith(MAGIC)]


def test_a_text_without_a_word_has_none() -> None:
    assert word_in({"subject": None, "text": "문자", "html": None}) is None
