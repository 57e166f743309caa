from typing import Any

import pytest

from api.reports import reduce
from models.types import new_id
from workers.publish import Report

NID = str(new_id())
FLAT: dict[str, Any] = {
    "messageId": "M4V20261124094500CCCCCCCCCCCCCCC",
    "to": "01012345678",
    "text": "secret",
    "statusCode": "4000",
    "networkCode": "45005",
    "customFields": {"nid": NID, "att": "2"},
}
KEPT = Report(NID, 2, "4000", "45005", "M4V20261124094500CCCCCCCCCCCCCCC")


def test_both_shapes_are_read_and_nothing_personal_is_kept() -> None:
    wrapped = {"eventDataId": "ev-1", "retryCount": 0, "data": FLAT}
    assert reduce([FLAT, wrapped]) == [KEPT, KEPT]


@pytest.mark.parametrize(
    "change",
    [
        {"customFields": None},
        {"customFields": {"nid": "not a uuid", "att": "1"}},
        {"customFields": {"nid": NID}},
        {"customFields": {"nid": NID, "att": "-1"}},
        {"statusCode": None},
        {"statusCode": 4000},
        {"statusCode": "x" * 65},
        {"data": "text"},
        {"data": None},
    ],
)
def test_what_is_not_ours_is_left_out(change: dict[str, Any]) -> None:
    assert reduce([{**FLAT, **change}]) == []


@pytest.mark.parametrize("text", ["홍길동", "a b", "<b>", "x" * 65, ""])
def test_a_text_in_a_code_is_dropped(text: str) -> None:
    assert reduce([{**FLAT, "networkCode": text}]) == [KEPT._replace(network_code=None)]
