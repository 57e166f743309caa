"""The vendors' daily limits and the speed of the login servers' clocks, from the environment.

Unset means unlimited, so that a demonstration never stops by itself. It must know no provider's answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.settings import RefusedError


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one day; None is none.

    Attributes:
        kakao: messages a sender, a receiver, a pair of both.
        clock_rate: how many times faster the login servers' tokens age.
        gmail: recipients an account.
    """

    kakao: tuple[int, int, int] | None = None
    clock_rate: float = 1.0
    gmail: int | None = None


def read(environ: Mapping[str, str]) -> Limits:
    """Read the limits: `ALRIM_SANDBOX_KAKAO_DAILY` (`100/100/20`, or one number for all three), and two others.

    Raises:
        RefusedError: a value is not a positive number.
    """
    kakao = _numbers(environ, "ALRIM_SANDBOX_KAKAO_DAILY")
    rate = _numbers(environ, "ALRIM_SANDBOX_CLOCK_RATE")
    gmail = _numbers(environ, "ALRIM_SANDBOX_GMAIL_DAILY")
    return Limits(
        kakao=(int(kakao[0]), int(kakao[len(kakao) // 2]), int(kakao[-1])) if kakao else None,
        clock_rate=rate[0] if rate else 1.0,
        gmail=int(gmail[0]) if gmail else None,
    )


def _numbers(environ: Mapping[str, str], name: str) -> list[float]:
    try:
        numbers = [float(part) for part in environ.get(name, "").split("/") if part]
    except ValueError:
        raise RefusedError(f"{name} is not a number") from None
    if any(number <= 0 for number in numbers):
        raise RefusedError(f"{name} is not positive")
    return numbers
