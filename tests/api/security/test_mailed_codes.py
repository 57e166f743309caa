from datetime import timedelta
from uuid import UUID

import pytest

from api.security import mailed_codes
from api.security.mailed_codes import issue, redeem
from config.vocabulary import CodePurpose
from models.account import Account
from models.mailed_code import MailedCode
from models.session import transaction
from models.types import utc_now

pytestmark = pytest.mark.store
ADDRESS = "user@example.com"
VERIFY, RESET = CodePurpose.VERIFY, CodePurpose.RESET


@pytest.fixture
def account(database: str) -> UUID:
    del database
    with transaction() as session:
        return Account.create(session, email=ADDRESS).id


def mail(account: UUID, purpose: CodePurpose = VERIFY) -> str:
    with transaction() as session:
        return issue(session, account, purpose, ADDRESS, utc_now())


def use(account: UUID, code: str, purpose: CodePurpose = VERIFY, after: timedelta = timedelta(0)) -> str | None:
    with transaction() as session:
        return redeem(session, account, purpose, code, utc_now() + after)


def test_a_code_is_good_once_however_it_is_typed(account: UUID) -> None:
    for typed in (str, str.lower, lambda code: f"{code[:5]}-{code[5:]}", lambda code: f" {code} "):
        code = mail(account)
        assert (use(account, typed(code)), use(account, typed(code))) == (ADDRESS, None)


def test_a_code_has_fifty_bits_and_none_of_them_is_stored(account: UUID) -> None:
    code = mail(account)
    assert len(code) == 10
    assert set(code) <= set(mailed_codes.ALPHABET)
    assert len(mailed_codes.ALPHABET) ** 10 > 2**49
    with transaction() as session:
        assert code.encode() not in MailedCode.filter(session)[0].code_hash


def test_a_code_is_for_one_purpose_and_one_account(account: UUID) -> None:
    with transaction() as session:
        other = Account.create(session).id
    code = mail(account)
    mail(other)
    mail(account, RESET)
    assert use(account, code, RESET) is None
    assert use(other, code) is None
    assert use(account, code) == ADDRESS


def test_a_new_code_ends_the_old_one(account: UUID) -> None:
    old, new = mail(account), mail(account)
    assert use(account, old) is None
    assert use(account, new) == ADDRESS


@pytest.mark.parametrize(("purpose", "minutes"), [(VERIFY, 60), (RESET, 10)])
def test_a_code_ends(account: UUID, purpose: CodePurpose, minutes: int) -> None:
    assert mailed_codes.minutes(purpose) == str(minutes)
    code = mail(account, purpose)
    assert use(account, code, purpose, timedelta(minutes=minutes, seconds=1)) is None
    code = mail(account, purpose)
    assert use(account, code, purpose, timedelta(minutes=minutes, seconds=-5)) == ADDRESS


def test_five_wrong_guesses_end_it(account: UUID) -> None:
    code = mail(account)
    for _ in range(4):
        assert use(account, "X" * 10) is None
    assert use(account, code) == ADDRESS
    code = mail(account)
    for _ in range(5):
        assert use(account, "X" * 10) is None
    assert use(account, code) is None
