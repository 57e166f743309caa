from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.channels.solapi_codes import BLOCKED_FOR, CODES, Class, outcome_of, report
from workers.outcome import Accepted, Outcome, Rejected, Retry, Unknown


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("2000", Accepted(), Accepted()),
        ("3000", Accepted(), Accepted()),
        ("4000", Accepted(), Accepted()),
        ("AlreadySent", Accepted(), Accepted()),
        ("1062", Rejected("1062"), Rejected("1062")),
        ("3104", Rejected("3104"), Rejected("3104")),
        ("1024", Retry("1024"), Rejected("1024")),
        ("3041", Retry("3041"), Rejected("3041")),
        ("1030", Retry("1030", timedelta(minutes=10), closes=True), Rejected("1030")),
        ("2063", Retry("2063", BLOCKED_FOR, closes=True), Rejected("2063")),
        ("NotEnoughBalance", Retry("NotEnoughBalance", BLOCKED_FOR, closes=True), Rejected("NotEnoughBalance")),
        ("1020", Retry("1020", closes=True, reauth=True), Rejected("1020")),
        ("InvalidAPIKey", Retry("InvalidAPIKey", closes=True, reauth=True), Rejected("InvalidAPIKey")),
        ("3040", Retry("3040"), Unknown("3040")),
        ("1099", Retry("1099"), Unknown("1099")),
        ("http_500", Retry("http_500"), Unknown("http_500")),
    ],
)
def test_a_code_is_judged_by_whether_the_message_may_have_left(code: str, before: Outcome, after: Outcome) -> None:
    assert outcome_of(code, departed=False) == before
    assert outcome_of(code, departed=True) == after


@given(st.one_of(st.sampled_from(sorted(CODES)), st.text()))
def test_after_departure_nothing_is_ever_sent_again(code: str) -> None:
    assert not isinstance(outcome_of(code, departed=True), Retry)
    assert not isinstance(outcome_of(code, departed=False), Unknown)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("4000", Class.DELIVERED),
        ("2000", Class.PENDING),
        ("3000", Class.PENDING),
        ("3104", Class.REJECTED),
        ("3041", Class.REJECTED),
        ("3040", Class.REJECTED),
        ("2063", Class.REJECTED),
        ("3999", Class.REJECTED),
        ("AlreadySent", Class.REJECTED),
    ],
)
def test_a_report_is_the_last_word(code: str, said: Class) -> None:
    assert report(code) is said


def test_only_4000_is_delivered_and_only_2000_and_3000_are_open() -> None:
    assert {code for code in CODES if report(code) is Class.DELIVERED} == {"4000"}
    assert {code for code in CODES if report(code) is Class.PENDING} == {"2000", "3000"}
