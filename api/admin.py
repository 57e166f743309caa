"""`alrim-admin`: what only the operator of this installation may do, on its machine (`python -m api.admin --help`)."""

import argparse
import sys
from collections.abc import Sequence

from sqlalchemy import select

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
    parser = argparse.ArgumentParser(prog="alrim-admin", description="Operate this installation.")
    things = parser.add_subparsers(dest="thing", required=True, metavar="THING")
    operator = things.add_parser("operator", help="who sees all accounts' states, settles, replays and stops keys")
    verbs = operator.add_subparsers(dest="verb", required=True, metavar="VERB")
    for verb, help_text in (("add", "make an account an operator"), ("remove", "make it a user again")):
        verbs.add_parser(verb, help=help_text).add_argument("email", help="of an account that has registered")
    asked = parser.parse_args(arguments)
    try:
        print(set_role(asked.email, Role.OPERATOR if asked.verb == "add" else Role.USER))  # noqa: T201 - a command's answer
    except (Refused, SettingsError) as error:
        print(f"alrim-admin: {error}", file=sys.stderr)  # noqa: T201 - a command's answer
        return 1
    return 0


def set_role(email: str, role: Role) -> str:
    """Give an account a role; says what was done. Doing it again changes nothing.

    Raises:
        Refused: there is no such account.
    """
    with transaction() as session:
        account = session.scalar(select(Account).where(Account.email == email.lower()).with_for_update())
        if account is None or account.status is not AccountStatus.ACTIVE:
            raise Refused(f"there is no account {email}: register it first")
        if account.role is role:
            return f"{email} is already {role}"
        account.role = role
        action = Action.OPERATOR_ADDED if role is Role.OPERATOR else Action.OPERATOR_REMOVED
        trail.note(session, Viewer(account.id, role), action, account.id, chosen={"by": "alrim-admin"})
    return f"{email} is now {role}"


if __name__ == "__main__":
    raise SystemExit(main())
