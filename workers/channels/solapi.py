"""SMS, LMS, MMS and Alimtalk through SOLAPI, exactly once, as a pure conversation.

A group is filled, its id is committed (`Depart`), then it is fired. SOLAPI fires a group once however often it is
asked, so whoever finds a departed row later fires that group again and reads its messages. Three rules carry it:
a PUT is never repeated into a group; a group that did not depart is never fired; a departed group is given up only
when SOLAPI shows it deleted and never sent. The module must not know how requests travel or where ids are kept.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any, Final, TypeVar

from config.vocabulary import Lane
from workers.channels import solapi_wire as wire
from workers.channels.exchange import (
    Answer,
    Conversation,
    Depart,
    Departed,
    Listed,
    Listing,
    Message,
    Outcomes,
    Reply,
    Stamp,
    Step,
)
from workers.channels.solapi_codes import CODES, Class, outcome_of
from workers.channels.solapi_wire import Group, GroupStatus, Problem
from workers.outcome import Accepted, Outcome, Rejected, Retry, Unknown

BATCH_SIZE: Final[dict[Lane, int]] = {Lane.URGENT: 1, Lane.NORMAL: 1000, Lane.BULK: 1000}

UPLOADS: Final = 16
"""Images in one conversation: more would outlast the claim. Messages with a further one wait for their next turn."""
PAGES: Final = 60
"""Pages read of one group: enough for a full batch even at the vendor's default of 20 messages a page."""
THROTTLED_FOR: Final = timedelta(seconds=5)
REGISTERED: Final = "2000"
VANISHED: Final = frozenset({"ResourceNotFound", "http_404"})
ON_ITS_WAY: Final = frozenset({GroupStatus.SENDING, GroupStatus.COMPLETE, GroupStatus.SCHEDULED})
"""A message still `2000` in such a group will be sent; in any other, nobody can say."""

T = TypeVar("T")


def converse(messages: Sequence[Message], credentials: Mapping[str, str], stamp: Callable[[], Stamp]) -> Conversation:
    """Send the messages in one group.

    If SOLAPI refuses their contents as a whole and names none, halves go in groups of their own, until the guilty
    one stands alone: nothing is lost, and the good ones leave now. A message without an outcome has not left.
    """
    return _Dialogue(credentials, stamp).deliver(messages)


def settle(
    messages: Sequence[Message], group_id: str, credentials: Mapping[str, str], stamp: Callable[[], Stamp]
) -> Conversation:
    """Fire a departed group again and judge its messages one by one; a second firing sends nothing twice.

    Retry only if the group is deleted and never was sent; what cannot be judged is Unknown. Bodies are not read.
    """
    return _Dialogue(credentials, stamp).settle([each.id for each in messages], group_id)


def read_reports(group_id: str, credentials: Mapping[str, str], stamp: Callable[[], Stamp]) -> Listing:
    """Read what SOLAPI knows of a fired group's messages; changes nothing there."""
    return _Dialogue(credentials, stamp).read(group_id)


@dataclass(frozen=True, slots=True)
class _Dialogue:
    """Both conversations: what they share is whom they speak for, and how a departed group is judged."""

    credentials: Mapping[str, str] = field(repr=False)
    stamp: Callable[[], Stamp]

    def deliver(self, messages: Sequence[Message]) -> Conversation:
        image_ids, outcomes = yield from self._upload(messages)
        ready = [
            each
            for each in messages
            if each.id not in outcomes and ("image" not in each.body or each.body["image"] in image_ids)
        ]
        return outcomes | ((yield from self._send(ready, image_ids)) if ready else {})

    def settle(self, ids: Sequence[str], group_id: str) -> Conversation:
        problem = yield from self._fire(group_id, ())
        if problem is not None:
            return (yield from self._unravel(group_id, ids, problem))
        return (yield from self._judge_each(group_id, ids, "not_listed", on_its_way=True))

    def _upload(self, messages: Sequence[Message]) -> Generator[Step, Any, tuple[dict[str, str], Outcomes]]:
        by_image: dict[str, list[str]] = defaultdict(list)
        for message in messages:
            if "image" in message.body:
                by_image[message.body["image"]].append(message.id)
        image_ids: dict[str, str] = {}
        outcomes: Outcomes = {}
        for image, ids in islice(by_image.items(), UPLOADS):
            answer: Answer = yield wire.compose_image(image, self.credentials, self.stamp())
            file_id = _read(answer, wire.read_image)
            if not isinstance(file_id, Problem):
                image_ids[image] = file_id
            elif _blames_content(file_id):
                outcomes |= dict.fromkeys(ids, _judge(file_id))
            else:
                return {}, dict.fromkeys((each.id for each in messages), _judge(file_id)) | outcomes
        return image_ids, outcomes

    def _send(self, messages: Sequence[Message], image_ids: Mapping[str, str]) -> Conversation:
        ids = [each.id for each in messages]
        created: Answer = yield wire.compose_group(self.credentials, self.stamp())
        group_id = _read(created, wire.read_group_id)
        if isinstance(group_id, Problem):
            return dict.fromkeys(ids, _blameless(group_id))
        added: Answer = yield wire.compose_messages(group_id, messages, image_ids, self.credentials, self.stamp())
        listed = _read(added, wire.read_messages)
        if isinstance(listed, Problem):
            if _blames_content(listed) and len(messages) > 1:
                return (yield from self._send_halves(messages, image_ids))
            return dict.fromkeys(ids, _judge(listed))
        if listed.keys() != set(ids):
            # The answer may leave out our fields; the stored messages have them.
            listed = yield from self.read(group_id)
        if listed.keys() != set(ids):
            # What is not confirmed may be in the group all the same: fired, it could leave now and again later.
            return dict.fromkeys(ids, Retry("unconfirmed"))
        return (yield from self._depart(group_id, {each: listed[each] for each in ids}))

    def _send_halves(self, messages: Sequence[Message], image_ids: Mapping[str, str]) -> Conversation:
        half = len(messages) // 2
        first = yield from self._send(messages[:half], image_ids)
        if any(_closes(each) for each in first.values()):
            return first
        return first | (yield from self._send(messages[half:], image_ids))

    def _depart(self, group_id: str, listed: Mapping[str, Listed]) -> Conversation:
        judged = {nid: outcome_of(each.code, departed=False) for nid, each in listed.items()}
        registered = tuple(nid for nid, outcome in judged.items() if isinstance(outcome, Accepted))
        outcomes: Outcomes = {nid: outcome for nid, outcome in judged.items() if not isinstance(outcome, Accepted)}
        if not registered:
            return outcomes
        departed: Departed = yield Depart(registered, group_id=group_id, all_or_none=True)
        if set(departed) != set(registered):
            return outcomes
        problem = yield from self._fire(group_id, registered)
        if problem is not None:
            return outcomes | (yield from self._unravel(group_id, registered, problem))
        return outcomes | {nid: Accepted(listed[nid].message_id) for nid in registered}

    def _fire(self, group_id: str, ids: Sequence[str]) -> Generator[Step, Any, Problem | None]:
        """Fire the group; None means that SOLAPI has taken it, now or before."""
        answer: Answer = yield wire.compose_fire(group_id, ids, self.credentials, self.stamp())
        group = _read(answer, wire.read_group)
        if isinstance(group, Problem):
            return None if CODES.get(group.code) is Class.ACCEPTED else group
        if group.status in ON_ITS_WAY | {GroupStatus.PENDING}:
            return None
        # Over its daily quota a group fails as it is fired; and an answer without a status proves nothing.
        return Problem(f"group_{group.status.lower()}" if group.status else "unreadable", refused=True)

    def _unravel(self, group_id: str, ids: Sequence[str], problem: Problem) -> Conversation:
        """Find out what became of a departed group whose firing went wrong; an unfired one is taken back."""
        unknown: Outcomes = dict.fromkeys(ids, Unknown(problem.code))
        if not problem.refused:
            return unknown
        group = yield from self._look(group_id)
        if group is not None and group.status is GroupStatus.PENDING:
            # The answer does not matter: what counts is how the group looks afterwards.
            yield wire.compose_delete(group_id, self.credentials, self.stamp())
            group = yield from self._look(group_id)
        if group is None or group.status is GroupStatus.PENDING:
            return unknown
        if group.status is GroupStatus.DELETED and not group.fired:
            return dict.fromkeys(ids, _blameless(problem))
        on_its_way = group.status in ON_ITS_WAY
        return (yield from self._judge_each(group_id, ids, problem.code, on_its_way=on_its_way))

    def _look(self, group_id: str) -> Generator[Step, Any, Group | None]:
        """Read the group; None if it can't be read, a group of no status if there is none (any more)."""
        answer: Answer = yield wire.compose_look(group_id, self.credentials, self.stamp())
        group = _read(answer, wire.read_group)
        if isinstance(group, Problem):
            return Group(None, fired=True) if group.code in VANISHED else None
        return group

    def _judge_each(self, group_id: str, ids: Sequence[str], code: str, *, on_its_way: bool) -> Conversation:
        listed = yield from self.read(group_id)
        outcomes: Outcomes = {}
        for nid in ids:
            found = listed.get(nid)
            if found is None or (found.code == REGISTERED and not on_its_way):
                outcomes[nid] = Unknown(code)
                continue
            outcome = outcome_of(found.code, departed=True)
            outcomes[nid] = Accepted(found.message_id) if isinstance(outcome, Accepted) else outcome
        return outcomes

    def read(self, group_id: str) -> Listing:
        """Read the group's messages, as many as can be read."""
        found: dict[str, Listed] = {}
        start_key: str | None = None
        for _ in range(PAGES):
            answer: Answer = yield wire.compose_list(group_id, start_key, self.credentials, self.stamp())
            page = _read(answer, wire.read_list)
            if isinstance(page, Problem):
                break
            messages, start_key = page
            found |= messages
            if start_key is None:
                break
        return found


def _read(answer: Answer, read: Callable[[Reply], T | None]) -> T | Problem:
    problem = wire.read_problem(answer)
    if problem is not None or not isinstance(answer, Reply):
        return problem or Problem("unreadable")
    found = read(answer)
    return Problem("unreadable") if found is None else found


def _blames_content(problem: Problem) -> bool:
    """Whether it can be the messages' fault; an unlisted refusal may be."""
    return problem.refused and not problem.throttled and CODES.get(problem.code) in {Class.REJECTED, None}


def _judge(problem: Problem) -> Outcome:
    """Judge messages of which nothing can have left."""
    if problem.throttled:
        return Retry(problem.code, problem.after or THROTTLED_FOR, closes=True)
    outcome = outcome_of(problem.code, departed=False)
    return outcome if isinstance(outcome, Rejected) or _closes(outcome) else Retry(problem.code, problem.after)


def _blameless(problem: Problem) -> Retry:
    """Judge messages that were not what was refused."""
    outcome = _judge(problem)
    return outcome if isinstance(outcome, Retry) else Retry(problem.code, problem.after)


def _closes(outcome: Outcome) -> bool:
    return isinstance(outcome, Retry) and outcome.closes
