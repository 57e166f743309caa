from datetime import UTC, datetime, timedelta

import pytest

from sandbox.settings import Settings
from sandbox.solapi import account as module
from sandbox.solapi.account import Account, price
from sandbox.solapi.drafts import read
from sandbox.solapi.groups import Group, Status
from sandbox.vendor_error import VendorError

NOW = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)


def filled(account: Account, count: int = 1) -> Group:
    group = account.create({}, NOW)
    drafts = [
        draft for n in range(count) for draft in read({"to": f"0100000{n:04d}", "from": "0212345678", "text": "가"})
    ]
    account.add(group, [(draft, "2000") for draft in drafts], NOW)
    return group


@pytest.mark.parametrize("options", [{"agent": "python"}, {"customFields": ["nid"]}])
def test_a_groups_options_have_their_shape(options: dict[str, object]) -> None:
    with pytest.raises(VendorError, match="ValidationError"):
        Account(Settings()).create(options, NOW)


@pytest.mark.parametrize(("type_", "won"), [("SMS", 20), ("LMS", 50), ("MMS", 200), ("ATA", 19), ("VOICE", 20)])
def test_each_type_has_its_price(type_: str, won: int) -> None:
    (draft,) = read({"to": "01000000001", "type": type_})
    assert price(draft) == won


def test_the_quota_begins_anew_at_midnight_in_korea() -> None:
    account = Account(Settings(daily_quota=1))
    assert len(account.fire(filled(account), NOW)) == 1
    late = filled(account)
    assert (account.fire(late, NOW), late.status) == ([], Status.FAILED)
    assert len(account.fire(filled(account), NOW + timedelta(hours=1))) == 1


def test_the_oldest_finished_groups_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CAPACITY", 3)
    account = Account(Settings())
    done, waiting = filled(account, 2), filled(account)
    done.complete(NOW)
    newest = filled(account)
    assert list(account.groups) == [waiting.id, newest.id]
    assert {message.group_id for message in account.messages.values()} == {waiting.id, newest.id}
    assert list(account.by_number) == ["01000000000"]
