import json
from datetime import timedelta

import pytest

from config.settings import settings
from config.vocabulary import Channel, ConnectionStatus, Lane, State
from models import notices
from models.account import Account
from models.connection import IDS
from models.notices import NO_KEY
from models.notification import Notification
from models.sealing import sealer
from models.session import transaction
from models.types import utc_now
from tests.rows import a_connection

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]
ALL = [value for value in vars(notices).values() if isinstance(value, notices.Notice)]


def an_account(**values: object) -> Account:
    with transaction() as session:
        return Account.create(session, **{"email": "user@example.com", **values})


def tell(account: Account) -> list[Notification]:
    with transaction() as session:
        notices.tell(session, account, notices.PASSWORD_CHANGED)
    with transaction() as session:
        return [*Notification.filter(session)]


def test_a_notice_is_a_notification_that_is_due_at_once() -> None:
    a_connection(Channel.GMAIL, id=IDS[Channel.GMAIL])
    account, until = an_account(), utc_now() + timedelta(minutes=15)
    with transaction() as session:
        assert notices.queue(
            session, account.id, "new@example.com", notices.RESET, {"code": "C", "minutes": "15"}, until
        )
    with transaction() as session:
        [row] = Notification.filter(session)
    assert (row.account_id, row.api_key_id, row.connection_id) == (account.id, NO_KEY, IDS[Channel.GMAIL])
    assert (row.channel, row.lane, row.status, row.type) == (Channel.GMAIL, Lane.URGENT, State.QUEUED, "mail")
    assert row.expires_at == until
    assert row.wake_at is not None
    assert row.wake_at <= utc_now()
    body = json.loads(sealer().open("notifications.sealed", row.id, row.sealed or b""))
    assert body["to"] == [{"email": "new@example.com"}]
    assert "재설정 코드: C\n15분" in body["text"]


def test_it_leaves_by_ses_where_there_is_no_gmail() -> None:
    a_connection(Channel.SES, id=IDS[Channel.SES])
    a_connection(Channel.GMAIL, id=IDS[Channel.GMAIL], status=ConnectionStatus.NEEDS_REAUTH)
    assert [row.channel for row in tell(an_account())] == [Channel.SES]


def test_without_a_mail_connection_of_the_installation_nothing_is_sent() -> None:
    account = an_account()
    a_connection(Channel.GMAIL, account_id=account.id)
    assert tell(account) == []


def test_only_a_proven_address_is_told_where_strangers_are(monkeypatch: pytest.MonkeyPatch) -> None:
    a_connection(Channel.GMAIL, id=IDS[Channel.GMAIL])
    monkeypatch.setenv("ALRIM_ENV", "prod")
    settings.cache_clear()
    assert tell(an_account(email=None, email_verified_at=utc_now())) == []
    assert tell(an_account()) == []
    assert len(tell(an_account(email="proven@example.com", email_verified_at=utc_now()))) == 1


@pytest.mark.parametrize("notice", ALL, ids=lambda notice: notice.subject)
def test_every_notice_is_written_in_both_languages(notice: notices.Notice) -> None:
    words = dict.fromkeys(("code", "minutes", "channel", "name", "problem"), "zqx")
    text = notice.text.format(**words)
    assert "{" not in text
    assert notice.subject.isprintable()
    korean, _, english = text.partition("\n\n")
    assert not korean.isascii()
    assert english.isascii()
