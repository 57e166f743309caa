"""Amazon SES v2's SendEmail and GetAccount: signed requests, one verified sender, raw and simple content.

The client's address is `…/aws`. Error names and statuses are those of the service model that botocore ships. It must
not know how a mail is read (`sandbox.mime`) or how a signature is made (`sandbox.sigv4`).
"""

import binascii
import json
import logging
import re
import uuid
from base64 import b64decode
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from sandbox import mime, sigv4
from sandbox.state import State
from sandbox.vendor_error import VendorError, VendorRoute

CHANNEL: Final = "ses"
VERIFIED_SENDER: Final = "alrim@example.com"
RECIPIENTS_PER_MAIL: Final = 50

_TAG: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")

_log = logging.getLogger(__name__)


def _refuse(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> VendorError:
    return VendorError(
        status, code, {"message": message, "__type": code}, {"x-amzn-ErrorType": code, **(headers or {})}
    )


def _bad(message: str) -> VendorError:
    return _refuse(400, "BadRequestException", message)


def router(state: State) -> APIRouter:
    """Return SES's routes, for mounting under `/aws`."""
    routes = APIRouter(route_class=VendorRoute)

    @routes.post("/v2/email/outbound-emails")
    async def send_email(request: Request) -> Response:
        body = await request.body()
        _verify(request, body, state)
        # Mails can be megabytes; reading one must not keep the others waiting.
        return await run_in_threadpool(_send, state, body, request.headers.get("x-request-id"))

    @routes.get("/v2/email/account")
    def get_account(request: Request) -> Response:
        _verify(request, b"", state)
        return JSONResponse({"SendingEnabled": True, "ProductionAccessEnabled": True, "EnforcementStatus": "HEALTHY"})

    return routes


def _verify(request: Request, body: bytes, state: State) -> None:
    path = request.scope["raw_path"].decode("ascii").partition("?")[0]
    signed = sigv4.Signed(request.method, path, request.url.query, request.headers, body)
    try:
        sigv4.verify(signed, "ses", state.clock())
    except sigv4.SignatureError as error:
        raise _refuse(403, str(error), "The request's signature is missing or does not match.") from error


def _send(state: State, body: bytes, request_id: str | None) -> Response:
    try:
        order = json.loads(body)
    except ValueError:
        raise _refuse(400, "SerializationException", "The body is not JSON.") from None
    if not isinstance(order, dict):
        raise _refuse(400, "SerializationException", "The body is no object.")
    tags = _tags(order.get("EmailTags") or [])
    mail = _mail(order)
    recipients = _recipients(order.get("Destination") or {}, mail)
    _check_sender(order.get("FromEmailAddress") or str(mail.get("From", "")))
    nid = tags.get("notification_id") or request_id
    _refuse_some(state, recipients, nid)
    message_id = f"010c{uuid.uuid4().hex[:12]}-{uuid.uuid4()}-000000"
    envelope = mime.Envelope(CHANNEL, recipients, message_id, state.clock(), nid, tags)
    try:
        arrived = mime.entries(mail, envelope)
    except mime.MalformedError:
        raise _refuse(400, "MessageRejected", "The message cannot be read.") from None
    for entry in arrived:
        state.inbox.add(entry)
    _log.info("ses accepted %s", message_id)
    return state.withhold(CHANNEL, recipients) or JSONResponse({"MessageId": message_id})


def _tags(listed: list[dict[str, str]]) -> dict[str, str]:
    tags = {str(tag.get("Name")): str(tag.get("Value")) for tag in listed}
    if not all(_TAG.fullmatch(text) for pair in tags.items() for text in pair):
        raise _bad("A tag has characters other than letters, digits, _ and -.")
    return tags


def _recipients(destination: Mapping[str, list[str]], mail: EmailMessage) -> list[str]:
    given = [
        parseaddr(address)[1]
        for kind in ("ToAddresses", "CcAddresses", "BccAddresses")
        for address in destination.get(kind) or []
    ] or mime.addresses(mail, "To", "Cc", "Bcc")
    if not given or not all("@" in address for address in given):
        raise _bad("A recipient is missing or malformed.")
    if len(given) > RECIPIENTS_PER_MAIL:
        raise _refuse(400, "MessageRejected", "Recipient count exceeds 50.")
    return given


def _check_sender(sender: str) -> None:
    if parseaddr(sender)[1].lower() != VERIFIED_SENDER:
        raise _refuse(
            400,
            "MessageRejected",
            "Email address is not verified. The following identities failed the check in region "
            f"{sigv4.REGION.upper()}: {sender}",
        )


def _refuse_some(state: State, recipients: list[str], nid: str | None) -> None:
    if state.faults.throttles(CHANNEL, [(address, nid or address) for address in recipients]):
        raise _refuse(429, "TooManyRequestsException", "Maximum sending rate exceeded.", {"Retry-After": "1"})
    if any(state.faults.rejects(CHANNEL, address) for address in recipients):
        raise _refuse(400, "MessageRejected", "The message was rejected.")


def _mail(order: Mapping[str, Any]) -> EmailMessage:
    content = order.get("Content") or {}
    kinds = [kind for kind in ("Raw", "Simple", "Template") if content.get(kind)]
    if len(kinds) != 1:
        raise _bad("Content must be exactly one of Raw, Simple and Template.")
    try:
        if kinds == ["Raw"]:
            return mime.parse(b64decode(content["Raw"]["Data"], validate=True))
        if kinds == ["Simple"]:
            return _simple(order, content["Simple"])
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error):
        raise _bad("Content is malformed.") from None
    raise _refuse(404, "NotFoundException", "The template does not exist.")


def _simple(order: Mapping[str, Any], content: Mapping[str, Any]) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = order["FromEmailAddress"]
    destination = order.get("Destination") or {}
    lists = {
        "To": destination.get("ToAddresses"),
        "Cc": destination.get("CcAddresses"),
        "Reply-To": order.get("ReplyToAddresses"),
    }
    for name, values in lists.items():
        if values:
            mail[name] = ", ".join(values)
    mail["Subject"] = content["Subject"]["Data"]
    for header in content.get("Headers") or []:
        mail[header["Name"]] = header["Value"]
    bodies = [
        (kind, part["Data"])
        for key, kind in (("Text", "plain"), ("Html", "html"))
        if (part := content["Body"].get(key))
    ]
    mail.set_content(bodies[0][1], subtype=bodies[0][0]) if bodies else mail.set_content("")
    for kind, text in bodies[1:]:
        mail.add_alternative(text, subtype=kind)
    for attached in content.get("Attachments") or []:
        main, _, sub = attached.get("ContentType", "application/octet-stream").partition("/")
        mail.add_attachment(
            b64decode(attached["RawContent"]), maintype=main, subtype=sub, filename=attached["FileName"]
        )
    return mail
