"""The JSON that SOLAPI answers with: groups, messages, reports.

Source: the samples of solapi/documents and what the vendor's own clients insist on. It only shows, it
changes nothing.
"""

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.solapi import codes
from sandbox.solapi.account import ACCOUNT_ID, PRICES
from sandbox.solapi.groups import Group, Message

CARRIER: Final = "45005"
_KINDS: Final = ("sms", "lms", "mms", "ata", "cta", "cti", "nsa", "rcs_sms", "rcs_lms", "rcs_mms", "rcs_tpl")
_NO_CASH: Final = {"requested": 0, "replacement": 0, "refund": 0, "sum": 0}


def moment(when: datetime | None) -> str | None:
    """Write a moment as the vendor does: UTC, milliseconds, `Z`."""
    return None if when is None else f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"


def group(of: Group) -> dict[str, Any]:
    """Show a group."""
    return {
        "groupId": of.id,
        "_id": of.id,
        "accountId": ACCOUNT_ID,
        "masterAccountId": None,
        "apiVersion": "4",
        "serviceMethod": "MT",
        "sdkVersion": of.agent.get("sdkVersion"),
        "osPlatform": of.agent.get("osPlatform"),
        "status": of.status,
        "count": _count(of),
        "countForCharge": _charged(of),
        "balance": {**_NO_CASH, "requested": of.charged, "sum": of.charged},
        "point": _NO_CASH,
        "app": {"profit": dict.fromkeys(("sms", "lms", "mms", "ata", "cta"), 0), "appId": None, "version": None},
        "log": [{**line, "createAt": moment(line["createAt"])} for line in of.log],
        "allowDuplicates": of.allow_duplicates,
        "isRefunded": False,
        "flagUpdated": False,
        "prepaid": True,
        "strict": of.strict,
        "customFields": of.custom_fields,
        "hint": None,
        "price": {"82": PRICES},
        "scheduledDate": moment(of.scheduled),
        "dateSent": moment(of.sent),
        "dateCompleted": moment(of.completed),
        "dateCreated": moment(of.created),
        "dateUpdated": moment(of.updated),
    }


def _count(of: Group) -> dict[str, int]:
    good = [message for message in of.messages.values() if message.registered]
    delivered = sum(message.status == codes.DELIVERED for message in good)
    pending = sum(message.status in {codes.REGISTERED, codes.SENDING} for message in good) if of.sent else 0
    sent = len(good) if of.sent else 0
    return {
        "total": len(of.messages),
        "sentTotal": sent,
        "sentFailed": sent - delivered - pending,
        "sentSuccess": delivered,
        "sentPending": pending,
        "sentReplacement": sum(message.replacement for message in good),
        "refund": 0,
        "registeredFailed": len(of.messages) - len(good),
        "registeredSuccess": len(good),
    }


def _charged(of: Group) -> dict[str, dict[str, int]]:
    counts = Counter(message.draft.type.lower() for message in of.messages.values() if message.registered)
    return {kind: ({"82": counts[kind]} if counts[kind] else {}) for kind in _KINDS}


def _core(of: Message) -> dict[str, Any]:
    return {
        "messageId": of.id,
        "statusCode": of.status,
        "statusMessage": codes.MEANING[of.status],
        "accountId": ACCOUNT_ID,
        "to": of.draft.to,
        "from": of.draft.from_,
        "type": of.draft.type,
        "country": of.draft.country,
        "customFields": of.draft.custom_fields or {},
    }


def registered(of: Message) -> dict[str, Any]:
    """Show a message as the answer to its registration does."""
    return {"groupId": of.group_id, **_core(of)}


def stored(of: Message) -> dict[str, Any]:
    """Show a message as the lists do."""
    draft = of.draft
    return {
        **registered(of),
        "_id": of.id,
        "text": draft.text,
        "subject": draft.subject,
        "imageId": draft.image_id,
        "kakaoOptions": draft.kakao,
        "status": "COMPLETE" if of.reported else "SENDING" if of.processed else "PENDING",
        "reason": codes.MEANING[of.status],
        "networkCode": CARRIER if of.reported else None,
        "networkName": None,
        "replacement": of.replacement,
        "replacements": [],
        "autoTypeDetect": True,
        "resendCount": 0,
        "log": [],
        "queues": [],
        "currentQueue": 0,
        **_dates(of),
    }


def report(of: Message) -> dict[str, Any]:
    """Show a message as a delivery report does."""
    return {
        **registered(of),
        "networkCode": CARRIER,
        "kakaoOptions": of.draft.kakao,
        **_dates(of),
    }


def _dates(of: Message) -> dict[str, str | None]:
    return {
        "dateCreated": moment(of.created),
        "dateUpdated": moment(of.updated),
        "dateProcessed": moment(of.processed),
        "dateReported": moment(of.reported),
        "dateReceived": moment(of.reported) if of.status == codes.DELIVERED else None,
    }
