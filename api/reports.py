"""What is left of a SOLAPI delivery report before it is queued: ids, codes and times.

Two payload shapes exist, flat and wrapped in `data`; both are read. Nothing personal passes: recipient, text and
options of the message stay behind. Pure.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from workers.publish import Report

LONGEST_WORD: Final = 64


def reduce(payload: Sequence[Mapping[str, Any]]) -> list[Report]:
    """Keep the reports that name one of our notifications; others are the account's own business."""
    reports = (_reduce(each.get("data", each)) for each in payload)
    return [report for report in reports if report is not None]


def _reduce(said: object) -> Report | None:
    fields = said.get("customFields") if isinstance(said, Mapping) else None
    if not isinstance(said, Mapping) or not isinstance(fields, Mapping):
        return None
    nid, code, attempt = _uuid(fields.get("nid")), _word(said.get("statusCode")), _word(fields.get("att"))
    if nid is None or code is None or attempt is None or not attempt.isdecimal():
        return None
    return Report(str(nid), int(attempt), code, _word(said.get("networkCode")), _word(said.get("messageId")))


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _word(value: object) -> str | None:
    """A short word of letters, digits and dashes; anything else might be somebody's text."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_WORD:
        return None
    return value if value.isascii() and value.replace("-", "").isalnum() else None
