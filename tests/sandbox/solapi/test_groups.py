from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.solapi import groups
from sandbox.solapi.drafts import read
from sandbox.solapi.groups import Group, Status, new_id
from sandbox.vendor_error import VendorError

NOW = datetime(2026, 11, 24, 15, 30, 1, tzinfo=UTC)


def filled() -> Group:
    group = Group(id="G", created=NOW, updated=NOW)
    (draft,) = read({"to": "01000000001", "from": "0212345678", "text": "가"})
    group.add(draft, "2000", NOW)
    return group


STEPS: dict[str, Callable[[Group], None]] = {
    "add": lambda group: group.demand_open(1),
    "fire": lambda group: group.demand_fireable(),
    "resend": lambda group: group.demand_failed(),
    "schedule": lambda group: group.schedule(NOW + timedelta(days=1), NOW),
    "unschedule": lambda group: group.unschedule(NOW),
    "delete": lambda group: group.delete(NOW),
}

TABLE: dict[str, dict[Status, tuple[int, str] | None]] = {
    "add": {Status.PENDING: None},
    "fire": {
        Status.PENDING: None,
        Status.SENDING: (409, "GroupInProcessing"),
        Status.COMPLETE: (409, "AlreadySent"),
        Status.SCHEDULED: (409, "ScheduledGroup"),
        Status.FAILED: (400, "FailedGroup"),
        Status.DELETED: (400, "DeletedGroup"),
    },
    "resend": {Status.FAILED: None},
    "schedule": {Status.PENDING: None},
    "unschedule": {Status.SCHEDULED: None},
    "delete": {Status.PENDING: None, Status.FAILED: None},
}
OTHERWISE: dict[str, tuple[int, str]] = {
    "add": (400, "InvalidGroupStatus"),
    "resend": (400, "InvalidStatus"),
    "schedule": (400, "InvalidStatus"),
    "unschedule": (400, "InvalidStatus"),
    "delete": (400, "NotOperationalStatus"),
}


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("step", list(STEPS))
def test_each_state_allows_or_refuses_each_step(step: str, status: Status) -> None:
    group = filled()
    group.status = status
    expected = TABLE[step].get(status, OTHERWISE.get(step))
    if expected is None:
        STEPS[step](group)
        return
    with pytest.raises(VendorError) as caught:
        STEPS[step](group)
    assert (caught.value.status, caught.value.code) == expected
    assert group.status is status


def test_ids_carry_the_second_in_korean_time() -> None:
    id_ = new_id("G4V", NOW)
    assert (id_[:17], len(id_), id_.isalnum(), id_.upper()) == ("G4V20261125003001", 32, True, id_)
    assert len({new_id("M4V", NOW) for _ in range(1000)}) == 1000


def test_a_group_has_a_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "GROUP_MOST", 1)
    group = filled()
    with pytest.raises(VendorError, match="RecipientsTooMany"):
        group.demand_open(1)


def test_a_removed_number_may_come_again() -> None:
    group = filled()
    (message,) = group.messages.values()
    group.remove([message.id], NOW)
    assert group.add(message.draft, "2000", NOW).status == "2000"
    assert group.add(message.draft, "2000", NOW).status == "1026"
