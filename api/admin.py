"""`alrim-admin`: what only the operator of this installation may do, on its machine (`python -m api.admin --help`)."""

import argparse
import sys
from collections.abc import Callable, Sequence

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from api import logins
from api.rotate_keys import STEPS, rotate
from api.security import trail
from api.security.who import Viewer
from config.settings import SettingsError
from config.vocabulary import AccountStatus, Action, Role
from models.account import Account
from models.session import transaction


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
    verbs = operator.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, role, help_text in (
        ("add", Role.OPERATOR, "make an account an operator"),
        ("remove", Role.USER, "make it a user again"),
    ):
        one = verbs.add_parser(verb, help=help_text)
        one.add_argument("email", help="of an account that has registered")
        one.set_defaults(act=_set_role, role=role)
    login = things.add_parser("login", help="who is logged in")
    verbs = login.add_subparsers(dest="verb", required=True, metavar="VERB")
    end = verbs.add_parser("end", help="end every login of an account; its API keys go on")
    end.add_argument("email", help="of an account that has registered")
    end.set_defaults(act=_end_logins)
    keys = things.add_parser("keys", help="the keys that seal credentials and contents, and hash recipients")
    verbs = keys.add_subparsers(dest="verb", required=True, metavar="VERB")
    summary = "seal and hash anew what older keys sealed and hashed, so that they can be taken out"
    raw = argparse.RawDescriptionHelpFormatter
    turn = verbs.add_parser("rotate", help=summary, description=STEPS, formatter_class=raw)
    turn.set_defaults(act=lambda _: rotate())
    return parser


def _end_logins(asked: argparse.Namespace) -> int:
    print(end_logins(asked.email))  # noqa: T201 - a command's answer
    return 0


def end_logins(email: str) -> str:
    """End every login of an account, at once; says what was done.

    Raises:
        Refused: there is no such account.
    """
    with transaction() as session:
        account = _find(session, email)
        logins.end_all(session, account.id)
        trail.note(
            session, Viewer(account.id, account.role), Action.SESSION_ENDED, account.id, chosen={"by": "alrim-admin"}
        )
    return f"{email} is logged out everywhere"


def _find(session: Session, email: str) -> Account:
    account = session.scalar(select(Account).where(Account.email == email.lower()).with_for_update())
    if account is None or account.status is not AccountStatus.ACTIVE:
        raise Refused(f"there is no account {email}: register it first")
    return account


def _set_role(asked: argparse.Namespace) -> int:
    print(set_role(asked.email, asked.role))  # noqa: T201 - a command's answer
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


if __name__ == "__main__":
    raise SystemExit(main())
