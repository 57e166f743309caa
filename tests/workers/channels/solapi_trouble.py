"""Every trouble that a SOLAPI conversation can meet: odd answers, lost ones, a worker that dies."""

from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.workers.channels.solapi_model import (
    CREDENTIALS,
    IDS,
    REFUSED,
    SENT,
    TIMEOUT,
    Vendor,
    added,
    carry,
    group,
    kind,
    listing,
    message,
    refusal,
    reply,
    stamp,
)
from workers.channels import solapi
from workers.channels.exchange import Answer, Conversation, Depart, HttpRequest, Message, Outcomes, Reply, Step
from workers.outcome import Accepted, Rejected, Retry

CODES = ("2000", "3000", "4000", "1062", "1024", "1099", "2024", "3040", "9999")
STATUSES = ("PENDING", "SENDING", "COMPLETE", "FAILED", "SCHEDULED", "DELETED", "NEW")
ERRORS = ("ValidationError", "InvalidStatus", "AlreadySent", "NotEnoughBalance", "InvalidAPIKey", "DeletedGroup", "Odd")
FAILURES: st.SearchStrategy[Answer] = st.one_of(
    st.sampled_from([TIMEOUT, REFUSED, Reply(200, body=b"<html>"), Reply(503, body=b"<html>"), Reply(429), reply([])]),
    st.builds(refusal, st.sampled_from([400, 402, 403, 404, 409]), st.sampled_from(ERRORS)),
)
GROUPS = st.builds(group, st.sampled_from(STATUSES), st.sampled_from([None, SENT]))
CODE_LISTS = st.lists(st.sampled_from(CODES), min_size=3, max_size=3)
LISTINGS = st.builds(lambda codes, key: listing(*codes, next_key=key), CODE_LISTS, st.sampled_from([None, "key"]))
ADDED = st.builds(lambda codes: added(*codes), CODE_LISTS)
FATES = st.sampled_from(["answered"] * 6 + ["unheard"] * 2 + ["lost", "no", "no", "dies"])
"""What becomes of a step; mostly answered, so that deep troubles are reached as well."""


@dataclass
class Witness:
    """Answers at random and watches what is done."""

    data: st.DataObject
    groups: int = 0
    filled: list[str] = field(default_factory=list)
    departed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fired: dict[str, Answer] = field(default_factory=dict)

    def answer(self, step: Step) -> object:
        if isinstance(step, Depart):
            return self._depart(step)
        assert isinstance(step, HttpRequest)
        match kind(step):
            case "C":
                self.groups += 1
                return self._draw(st.just(group("PENDING", group_id=f"G{self.groups}")))
            case "P":
                assert self._name(step) not in self.filled
                self.filled.append(self._name(step))
                return self._draw(ADDED)
            case "F":
                name = self._name(step)
                assert self.departed[name]
                assert name not in self.fired
                self.fired[name] = self._draw(GROUPS)
                return self.fired[name]
            case "M":
                return self._draw(LISTINGS)
            case _:
                return self._draw(GROUPS)

    def _depart(self, step: Depart) -> tuple[str, ...]:
        assert step.all_or_none
        assert step.group_id in self.filled
        assert not set(step.ids) & {each for ids in self.departed.values() for each in ids}
        ready = self.data.draw(st.sampled_from([step.ids, ()]))
        self.departed[step.group_id or ""] = ready
        return ready

    def _draw(self, answers: st.SearchStrategy[Reply]) -> Answer:
        return self.data.draw(st.one_of(answers, FAILURES))

    @staticmethod
    def _name(request: HttpRequest) -> str:
        return request.url.split("/groups/")[1].split("/")[0]


@dataclass
class World:
    """A worker, its rows and the vendor; each step may go wrong in every way there is."""

    data: st.DataObject
    vendor: Vendor = field(default_factory=Vendor)
    rows: dict[str, str | None] = field(default_factory=lambda: dict.fromkeys(IDS[:3]))
    done: Outcomes = field(default_factory=dict)
    lucky: bool = False

    def work(self) -> None:
        """Send what waits, then ask about what departed; a worker that dies leaves its rows as they are."""
        waiting = [self._message(each) for each, name in self.rows.items() if name is None]
        if waiting:
            self._run(solapi.converse(waiting, CREDENTIALS, stamp))
        for name in {name for name in self.rows.values() if name is not None}:
            held = [self._message(each) for each, its in self.rows.items() if its == name]
            self._run(solapi.settle(held, name, CREDENTIALS, stamp))

    def _run(self, conversation: Conversation) -> None:
        try:
            outcomes = carry(conversation, self._answer)
        except InterruptedError:
            return
        for each, outcome in outcomes.items():
            if isinstance(outcome, Accepted | Rejected):
                self.done[each] = outcome
                del self.rows[each]
            elif isinstance(outcome, Retry):
                self.rows[each] = None

    def _answer(self, step: Step) -> object:
        fate = "answered" if self.lucky else self.data.draw(FATES)
        if fate == "dies":
            raise InterruptedError
        if isinstance(step, Depart):
            if fate != "answered":
                return ()
            self.rows.update(dict.fromkeys(step.ids, step.group_id))
            return step.ids
        assert isinstance(step, HttpRequest)
        if fate == "lost":
            return TIMEOUT
        if fate == "no":
            return self.data.draw(st.sampled_from([Reply(429), refusal(402, "NotEnoughBalance"), Reply(503)]))
        answer = self.vendor.answer(step)
        return TIMEOUT if fate == "unheard" else answer

    @staticmethod
    def _message(each: str) -> Message:
        number = IDS.index(each)
        return message(number, to="01000000002" if number == 2 else "01000000001")
