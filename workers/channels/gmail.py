"""Mail through Gmail (or any SMTP server), as a pure conversation.

One login, then for each mail a departure and one transmission. A reply after the final dot is definite; a
silence after it stays Unknown, since SMTP can't be asked. It must not know how a mail travels.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from config.vocabulary import Lane
from workers.channels.account import CONNECT_AGAIN, Refused, Unheard, Usable, Verdict
from workers.channels.exchange import (
    Answer,
    Conversation,
    Depart,
    Message,
    Outcomes,
    Silence,
    SmtpLogin,
    SmtpSend,
    Stamp,
)
from workers.channels.gmail_codes import CREDENTIALS, REFUSED, REJECTED, RETRY, VERDICTS
from workers.channels.gmail_codes import Verdict as Judgement
from workers.channels.mail import compose_mail, recipients
from workers.channels.severity import worst
from workers.outcome import Accepted, Outcome, Rejected, Retry, Unknown

BATCH_SIZE: dict[Lane, int] = {Lane.URGENT: 1, Lane.NORMAL: 5, Lane.BULK: 5}

NEGATIVE: Final = 400
PERMANENT: Final = 500
GOODBYE: Final = 421
"""The server closes the connection after this reply."""


def converse(messages: Sequence[Message], credentials: Mapping[str, str], stamp: Callable[[], Stamp]) -> Conversation:
    """Log in once and send the mails one after the other.

    What ends the connection ends it for the mails behind as well: they are retried without having departed.
    """
    outcomes: Outcomes = {}
    end = read_login((yield login(credentials)))
    for message in messages:
        if end is not None:
            outcomes[message.id] = end
            continue
        try:
            request = compose(message, credentials, stamp())
        except ValueError:
            outcomes[message.id] = Rejected("malformed")
            continue
        if (yield Depart((message.id,))):
            answer: Answer = yield request
            outcomes[message.id] = read(answer)
            end = _ends(answer, outcomes[message.id])
    return outcomes


def check(credentials: Mapping[str, str], _stamp: Callable[[], Stamp]) -> Generator[SmtpLogin, Answer, Verdict]:
    """Log in, and no more."""
    request = login(credentials)
    outcome = read_login((yield request))
    if outcome is None:
        return Usable()
    if outcome.reauth:
        remedy = "give it a new app password" if request.token is None else CONNECT_AGAIN
        return Refused(f"the mail server refused the login ({outcome.code}): {remedy}")
    return Unheard(f"the mail server gave no answer ({outcome.code})")


def login(credentials: Mapping[str, str]) -> SmtpLogin:
    """Read the connection's credentials as a login: with the token of a consent, if they are one."""
    token = credentials.get("access_token")
    return SmtpLogin(
        host=credentials["host"],
        port=int(credentials["port"]),
        tls=credentials["tls"],
        user=credentials["user"],
        password=credentials["password"] if token is None else None,
        token=token,
    )


def compose(message: Message, credentials: Mapping[str, str], stamp: Stamp) -> SmtpSend:
    """Compose a mail and its envelope.

    Raises:
        ValueError: the content can't be a mail.
    """
    sender = credentials["user"]
    return SmtpSend(sender, recipients(message.body), compose_mail(message, sender, stamp))


def read_login(answer: Answer) -> Retry | None:
    """Read the answer to a login: None if it succeeded.

    Nothing has left yet, so that no answer is the fault of a message: what isn't about the credentials is
    tried again.
    """
    if isinstance(answer, Silence):
        return Retry(answer.code)
    if _is_positive(answer.status):
        return None
    enhanced = answer.body.decode("ascii", "replace")
    verdict = _judge(answer.status, enhanced)
    return verdict if isinstance(verdict, Retry) else Retry(verdict.code)


def read(answer: Answer) -> Outcome:
    """Read the answer to one transmission."""
    if isinstance(answer, Silence):
        return Unknown(answer.code) if answer.may_have_left else Retry(answer.code)
    refused = [(index, _judge(code, enhanced)) for index, code, enhanced in answer.refused]
    if _is_positive(answer.status):
        return Accepted(refused=tuple((index, verdict.code) for index, verdict in refused))
    if answer.status < NEGATIVE:
        return Unknown(str(answer.status))
    own = _judge(answer.status, answer.body.decode("ascii", "replace"))
    return worst([own, *(verdict for _, verdict in refused)])


def _judge(code: int, enhanced: str) -> Judgement:
    verdict = VERDICTS.get((code, enhanced))
    if verdict is None:
        verdict = REFUSED if code in CREDENTIALS else REJECTED if code >= PERMANENT else RETRY
    return replace(verdict, code=f"{code}-{enhanced}" if enhanced else str(code))


def _ends(answer: Answer, outcome: Outcome) -> Retry | None:
    if isinstance(answer, Silence):
        return Retry("connection_lost")
    if isinstance(outcome, Retry) and (outcome.closes or answer.status == GOODBYE):
        return outcome
    return None


def _is_positive(status: int) -> bool:
    return status // 100 == 2  # noqa: PLR2004 - RFC 5321, 4.2.1
