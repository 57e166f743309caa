"""Notices: mails of this installation to its own accounts. Each is a notification like any other.

It is queued in the transaction of what it tells of, leaves through the installation's own mail connection in lane
urgent, and needs no bell: `sweep` looks after it at once. An installation without a mail connection sends none.
Which address may be written to, the caller decides.
"""

import json
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from config.vocabulary import Channel, ConnectionStatus, Lane
from models import ledger
from models.account import Account, is_proven
from models.connection import IDS, Connection
from models.notification import Notification
from models.sealing import recipient_hash, sealer
from models.types import new_id, utc_now

NO_KEY: Final = UUID("01900000-0000-7000-8000-000000000200")
"""What stands where other notifications name the API key that they came with."""
SENDERS: Final = (Channel.GMAIL, Channel.SES)
TYPE: Final = "mail"


class Notice(NamedTuple):
    """What is written, with `{words}` to be filled in; Korean first."""

    subject: str
    text: str


VERIFY: Final = Notice(
    "[알림] 이메일 확인 코드 · Your verification code",
    "확인 코드: {code}\n{minutes}분 안에 입력해 주세요. 직접 요청하지 않았다면 이 메일을 무시하고, "
    "아무에게도 코드를 알려 주지 마세요.\n\n"
    "Verification code: {code}\nEnter it within {minutes} minutes. If you did not ask for it, ignore this mail and tell"
    " nobody the code.\n",
)
RESET: Final = Notice(
    "[알림] 비밀번호 재설정 코드 · Your password reset code",
    "재설정 코드: {code}\n{minutes}분 안에 새 비밀번호와 함께 입력해 주세요. 직접 요청하지 않았다면 "
    "이 메일을 무시하고, 아무에게도 코드를 알려 주지 마세요.\n\n"
    "Reset code: {code}\nEnter it with a new password within {minutes} minutes. If you did not ask for it, ignore this"
    " mail and tell nobody the code.\n",
)
PASSWORD_CHANGED: Final = Notice(
    "[알림] 비밀번호가 변경되었습니다 · Your password was changed",
    "비밀번호가 변경되었고 다른 로그인은 모두 종료되었습니다. "
    "직접 변경하지 않았다면 바로 비밀번호를 재설정해 주세요.\n\n"
    "Your password was changed and other logins have ended. If it was not you, reset your password now.\n",
)
EMAIL_CHANGED: Final = Notice(
    "[알림] 이메일 주소가 변경되었습니다 · Your e-mail address was changed",
    "계정의 이메일 주소가 다른 주소로 변경되었습니다. 직접 변경하지 않았다면 운영자에게 알려 주세요.\n\n"
    "The e-mail address of your account is another one now. If it was not you, tell the operator.\n",
)
NEEDS_REAUTH: Final = Notice(
    "[알림] 연결을 다시 확인해 주세요 · A connection needs you",
    "{channel} 연결 '{name}'의 인증이 만료되어 메시지를 보낼 수 없습니다. 다시 연결해 주세요.\n사유: {problem}\n\n"
    "Your {channel} connection '{name}' cannot send any more: connect it again.\nReason: {problem}\n",
)


def sender(session: Session) -> Connection | None:
    """Find the installation's own mail connection."""
    rows = (Connection.get(session, IDS[channel]) for channel in SENDERS)
    return next((row for row in rows if row is not None and row.status is ConnectionStatus.ACTIVE), None)


def queue(
    session: Session, account_id: UUID, to: str, notice: Notice, words: dict[str, str], until: datetime | None = None
) -> bool:
    """Queue a notice; after `until` it is not sent any more. False means that this installation sends no mail."""
    connection = sender(session)
    if connection is None:
        return False
    row_id, now = new_id(), utc_now()
    mail = {"to": [{"email": to}], "subject": notice.subject, "text": notice.text.format(**words)}
    content = json.dumps(mail, ensure_ascii=False).encode()
    values = {
        "id": row_id,
        "account_id": account_id,
        "api_key_id": NO_KEY,
        "connection_id": connection.id,
        "channel": connection.channel,
        "lane": Lane.URGENT,
        "type": TYPE,
        "expires_at": until,
        "recipient_hash": recipient_hash(account_id, to),
        "sealed": sealer().seal("notifications.sealed", row_id, content),
    }
    Notification.create(session, **{**ledger.accept(values, now), "wake_at": now})
    return True


def tell(session: Session, account: Account, notice: Notice, **words: str) -> None:
    """Tell an account's owner what happened, if its address is known to be his and this installation sends mail."""
    if account.email is not None and is_proven(account):
        queue(session, account.id, account.email, notice, words)
