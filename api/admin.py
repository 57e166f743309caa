"""`alrim-admin`: what only the operator of this installation may do, on its machine (`python -m api.admin --help`)."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from api import logins
from api.rotate_keys import STEPS, rotate
from api.security import trail
from api.security.who import Viewer
from config.archive import Archive
from config.jobs import Keeping
from config.settings import SettingsError, settings
from config.vocabulary import AccountStatus, Action, Role
from models.account import Account
from models.archive_place import Directory, place
from models.session import transaction
from models.types import utc_now


class Refused(Exception):  # noqa: N818 - the name says it
    """It cannot be done; the text says why and what helps."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; returns the exit code."""
    asked = _parser().parse_args(arguments)
    act: Callable[[argparse.Namespace], int] = asked.act
    try:
        return act(asked)
    except (Refused, SettingsError) as error:
        print(f"alrim-admin: {error}", file=sys.stderr)  # noqa: T201 - a command's answer
    except OperationalError:
        # Its own words name the server. What is committed stays; every act here may be done again.
        help_text = "see that it runs and is migrated, then run it again"
        print(f"alrim-admin: the database did not do it: {help_text}", file=sys.stderr)  # noqa: T201 - a command's answer
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="alrim-admin", description="Operate this installation.")
    things = parser.add_subparsers(dest="thing", required=True, metavar="THING")
    operator = things.add_parser("operator", help="who sees all accounts' states, settles, replays and stops keys")
    _add_verbs(
        operator,
        ("add", "make an account an operator", partial(set_role, role=Role.OPERATOR)),
        ("remove", "make it a user again", partial(set_role, role=Role.USER)),
    )
    _add_verbs(
        things.add_parser("account", help="accounts of people"),
        ("verify", "vouch for its address, where no mail can prove it", verify),
        ("logout", "end every login of it; its API keys go on", end_logins),
    )
    keys = things.add_parser("keys", help="the keys that seal credentials and contents, and hash recipients")
    verbs = keys.add_subparsers(dest="verb", required=True, metavar="VERB")
    summary = "seal and hash anew what older keys sealed and hashed, so that they can be taken out"
    raw = argparse.RawDescriptionHelpFormatter
    turn = verbs.add_parser("rotate", help=summary, description=STEPS, formatter_class=raw)
    turn.set_defaults(act=lambda _: rotate())
    archive = things.add_parser("archive", help="where log records are that are hot no more")
    summary = "have its bucket keep old objects in a colder class, and show the rule as S3 gives it back"
    cooled = archive.add_subparsers(dest="verb", required=True, metavar="VERB").add_parser("cool", help=summary)
    cooled.set_defaults(act=cool)
    return parser


def _add_verbs(thing: argparse.ArgumentParser, *verbs: tuple[str, str, Callable[[str], str]]) -> None:
    """Add what can be done with an account; each says what it did."""
    several = thing.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, help_text, do in verbs:
        one = several.add_parser(verb, help=help_text)
        one.add_argument("email", help="of an account that has registered")
        one.set_defaults(act=_say, do=do)


def _say(asked: argparse.Namespace) -> int:
    print(asked.do(asked.email))  # noqa: T201 - a command's answer
    return 0


def set_role(email: str, role: Role) -> str:
    """Give an account a role; says what was done. Doing it again changes nothing.

    Raises:
        Refused: there is no such account.
    """
    with transaction() as session:
        account = _find(session, email)
        if account.role is role:
            return f"{email} is already {role}"
        account.role = role
        action = Action.OPERATOR_ADDED if role is Role.OPERATOR else Action.OPERATOR_REMOVED
        trail.note(session, Viewer(account.id, role), action, account.id, chosen={"by": "alrim-admin"})
    return f"{email} is now {role}"


def verify(email: str) -> str:
    """Vouch for an account's address; says what was done. Doing it again changes nothing.

    Raises:
        Refused: there is no such account.
    """
    with transaction() as session:
        account = _find(session, email)
        if account.email_verified_at is not None:
            return f"{email} is verified already"
        account.email_verified_at = utc_now()
        who = Viewer(account.id, account.role)
        trail.note(session, who, Action.EMAIL_VERIFIED, account.id, chosen={"by": "alrim-admin"})
    return f"{email} is verified now"


def end_logins(email: str) -> str:
    """End every login of an account, at once; says what was done.

    Raises:
        Refused: there is no such account.
    """
    with transaction() as session:
        account = _find(session, email)
        logins.end_all(session, account.id)
        who = Viewer(account.id, account.role)
        trail.note(session, who, Action.SESSION_ENDED, account.id, chosen={"by": "alrim-admin"})
    return f"{email} is logged out everywhere"


def cool(_: argparse.Namespace) -> int:
    """Put the rule of the archive's bucket. Doing it again changes nothing, or the days.

    Raises:
        Refused: the archive is no bucket, or S3 does not take the rule.
    """
    where = place()
    if where is None or isinstance(where, Directory):
        raise Refused("the archive is no bucket: ALRIM_ARCHIVE names none (s3://bucket/prefix)")
    days = settings(Archive).glacier_after_days - settings(Keeping).delete_logs_after_days
    try:
        # Counted from when an object is made, which is when its records stop being hot.
        rule = where.become_colder(max(days, 1))
    except OSError as error:
        raise Refused(f"{error}: see that the bucket is there and its rules may be changed") from None
    print(json.dumps(rule, indent=2))  # noqa: T201 - a command's answer
    return 0


def _find(session: Session, email: str) -> Account:
    account = session.scalar(select(Account).where(Account.email == email.lower()).with_for_update())
    if account is None or account.status is not AccountStatus.ACTIVE:
        raise Refused(f"there is no account {email}: register it first")
    return account


if __name__ == "__main__":
    raise SystemExit(main())
