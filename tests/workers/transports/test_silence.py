import smtplib
import socket
import ssl
import time

import pytest

from workers.channels.exchange import Silence
from workers.transports.deadline import Deadline
from workers.transports.silence import silence, word

CASES: list[tuple[BaseException, str]] = [
    (TimeoutError("alrim@example.com"), "timeout"),
    (socket.gaierror("host"), "dns"),
    (ConnectionRefusedError(), "refused"),
    (ConnectionResetError(), "reset"),
    (BrokenPipeError(), "reset"),
    (ssl.SSLCertVerificationError(), "tls"),
    (UnicodeEncodeError("ascii", "é", 0, 1, "why"), "unencodable"),
    (smtplib.SMTPServerDisconnected("why"), "closed"),
    (smtplib.SMTPNotSupportedError("why"), "unsupported"),
    (OSError("why"), "broken"),
]


@pytest.mark.parametrize(("error", "expected"), CASES)
def test_one_word_for_each(error: BaseException, expected: str) -> None:
    assert word(error) == expected


@pytest.mark.parametrize(("error", "expected"), CASES)
def test_wrapping_hides_nothing(error: BaseException, expected: str) -> None:
    inner = OSError()
    inner.__context__ = error
    outer = RuntimeError("outer")
    outer.__cause__ = inner
    assert word(outer) == expected


def test_a_cut_is_a_timeout() -> None:
    with Deadline(0.01) as deadline:
        time.sleep(0.05)
        assert silence(ConnectionResetError(), deadline, may_have_left=True) == Silence(
            may_have_left=True, code="timeout"
        )
