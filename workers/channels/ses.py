"""Mail through Amazon SES v2, as a pure conversation.

Each mail is one `SendEmail` with raw content. SES has no idempotency token and can't be asked afterwards: a
server error or a silence after departure is Unknown. It must not know how a request is signed or travels.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace

from config.vocabulary import Lane
from workers.channels.account import Refused, Suspended, Unheard, Usable, Verdict
from workers.channels.exchange import (
    Answer,
    Conversation,
    Depart,
    Message,
    Outcomes,
    SesAccount,
    SesSend,
    Silence,
    Stamp,
)
from workers.channels.mail import compose_mail, recipients
from workers.channels.ses_codes import VERDICTS
from workers.outcome import Accepted, Outcome, Rejected, Retry, Unknown

BATCH_SIZE: dict[Lane, int] = {Lane.URGENT: 1, Lane.NORMAL: 5, Lane.BULK: 5}


def converse(messages: Sequence[Message], credentials: Mapping[str, str], stamp: Callable[[], Stamp]) -> Conversation:
    """Send the mails one after the other; what closes the connection spares the mails behind a departure."""
    outcomes: Outcomes = {}
    closed: Outcome | None = None
    for message in messages:
        if closed is not None:
            outcomes[message.id] = closed
            continue
        try:
            request = compose(message, credentials, stamp())
        except ValueError:
            outcomes[message.id] = Rejected("malformed")
            continue
        if (yield Depart((message.id,))):
            outcome = read((yield request))
            outcomes[message.id] = outcome
            closed = outcome if isinstance(outcome, Retry) and outcome.closes else None
    return outcomes


def check(credentials: Mapping[str, str], _stamp: Callable[[], Stamp]) -> Generator[SesAccount, Answer, Verdict]:
    """Ask what SES lets this account do; this also proves the key."""
    answer = yield SesAccount(
        region=credentials["region"],
        endpoint_url=credentials["endpoint_url"] or None,
        access_key_id=credentials["access_key_id"],
        secret_access_key=credentials["secret_access_key"],
    )
    return read_account(answer)


def read_account(answer: Answer) -> Verdict:
    """Read what the account may do."""
    if isinstance(answer, Silence):
        return Unheard(f"SES gave no answer ({answer.code})")
    said = answer.said
    if "SendingEnabled" in said:
        return Usable() if said["SendingEnabled"] else Suspended("SES has paused sending for this account")
    code = said.get("Code") or f"http_{answer.status}"
    verdict = VERDICTS.get(code)
    if isinstance(verdict, Retry) and verdict.reauth:
        return Refused(f"SES does not take these credentials ({code}): it needs ses:SendEmail and ses:GetAccount")
    return Unheard(f"SES gave no answer ({code})")


def compose(message: Message, credentials: Mapping[str, str], stamp: Stamp) -> SesSend:
    """Compose a mail, its envelope and the tags by which SES's events name the notification.

    Raises:
        ValueError: the content can't be a mail.
    """
    sender = credentials["from"]
    return SesSend(
        region=credentials["region"],
        endpoint_url=credentials["endpoint_url"] or None,
        access_key_id=credentials["access_key_id"],
        secret_access_key=credentials["secret_access_key"],
        sender=sender,
        recipients=recipients(message.body),
        mail=compose_mail(message, sender, stamp),
        tags={"notification_id": message.id, "attempt": str(message.attempt)},
    )


def read(answer: Answer) -> Outcome:
    """Read SES's answer; a server error leaves open whether the mail was taken."""
    if isinstance(answer, Silence):
        return Unknown(answer.code) if answer.may_have_left else Retry(answer.code)
    said = answer.said
    if "MessageId" in said:
        return Accepted(said["MessageId"])
    code = said.get("Code") or f"http_{answer.status}"
    verdict = VERDICTS.get(code)
    if verdict is None or answer.status >= 500:  # noqa: PLR2004 - HTTP: the server's fault
        return Unknown(code)
    return replace(verdict, code=code)
