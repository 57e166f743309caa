"""The mails that this installation has queued to its own accounts, opened as a worker would."""

import json
import re
from dataclasses import dataclass

from config.vocabulary import Channel
from models.connection import IDS
from models.notices import NO_KEY
from models.notification import Notification
from models.sealing import sealer
from models.session import snapshot
from tests.rows import a_connection

STRICT = {
    "ENV": "dev",
    "BROKER_URL": "redis://127.0.0.1:9/0",
    "SANDBOX_URL": "http://127.0.0.1:9",
}
"""An installation where addresses must be proven; it reaches no broker."""


@dataclass(frozen=True)
class Mail:
    """One mail."""

    to: str
    subject: str
    text: str

    @property
    def code(self) -> str:
        found = re.search(r"[2-9A-Z]{10}", self.text)
        assert found, self.text
        return found[0]


def able_to_mail() -> None:
    """Give the installation its mail connection, as the start does from the environment."""
    a_connection(Channel.GMAIL, id=IDS[Channel.GMAIL])


def mails() -> list[Mail]:
    """The mails to accounts, oldest first."""
    with snapshot() as session:
        rows = Notification.filter(session, Notification.api_key_id == NO_KEY)
    opened = [json.loads(sealer().open("notifications.sealed", row.id, row.sealed or b"")) for row in rows]
    return [Mail(body["to"][0]["email"], body["subject"], body["text"]) for body in opened]
