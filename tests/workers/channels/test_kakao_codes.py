from datetime import timedelta

import pytest

from tests.workers.channels.conversing import NOW
from workers.channels.exchange import Reply
from workers.channels.kakao import read
from workers.channels.kakao_codes import UNTIL_TOMORROW, VERDICTS
from workers.outcome import Outcome, Rejected, Retry, Unknown

MIDNIGHT = timedelta(hours=5, minutes=30)  # 18:30 in Korea

EXPECTED: dict[type[Outcome] | str, tuple[int, ...]] = {
    Unknown: (-1, -603),
    Rejected: (-2, -4, -6, -8, -9, -103, -405, -406, -501, -502, -504, -530),
    "later": (-7, -9798),
    "tomorrow": (-533, -536),
    "closes": (-3, -5, -11, -12, -301, -903),
    "refuses the token": (-101, -401, -402),
    "closes until tomorrow": (-10, -531, -532),
}


def expect(kind: type[Outcome] | str, code: str) -> Outcome:
    match kind:
        case "later":
            return Retry(code)
        case "tomorrow":
            return Retry(code, after=MIDNIGHT)
        case "closes":
            return Retry(code, closes=True)
        case "refuses the token":
            return Retry(code, closes=True, reauth=True)
        case "closes until tomorrow":
            return Retry(code, after=MIDNIGHT, closes=True)
        case _:
            return Unknown(code) if kind is Unknown else Rejected(code)


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in EXPECTED.items() for code in codes])
@pytest.mark.parametrize("status", [200, 400, 403, 503])
def test_the_code_decides_whatever_the_http_status(kind: type[Outcome] | str, code: int, status: int) -> None:
    answer = Reply(status, body=b'{"code":%d,"msg":"why"}' % code)
    assert read(answer, (), NOW) == expect(kind, str(code))


def test_every_code_is_expected_once() -> None:
    assert sorted(code for codes in EXPECTED.values() for code in codes) == sorted(VERDICTS)
    assert set(VERDICTS) >= UNTIL_TOMORROW


def test_a_code_that_nobody_listed_is_unknown() -> None:
    assert read(Reply(400, body=b'{"code":-777}'), (), NOW) == Unknown("-777")
