"""A line of the audit says who decided what, on both databases."""

import pytest

from config.vocabulary import Action, Role
from models.audit import Audit
from models.session import snapshot, transaction
from models.types import new_id

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def test_a_line_is_read_as_it_was_written() -> None:
    who, which = new_id(), new_id()
    line = Audit(account_id=who, role=Role.OPERATOR, action=Action.RESEND, notification_id=which, request_id="r1")
    line.say({"after_attempt": 3})
    with transaction() as session:
        session.add(line)
    with snapshot() as session:
        [read] = Audit.filter(session, Audit.notification_id == which)
    assert (read.account_id, read.api_key_id, read.role, read.action) == (who, None, Role.OPERATOR, Action.RESEND)
    assert read.facts() == {"after_attempt": 3}
