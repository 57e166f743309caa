"""Who somebody is at a provider, from what the provider says: its own id of the person, and what it vouches for.

An address that the provider has not verified is none: anybody could have entered it. Pure: knows no network and no
database.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from api.errors import ApiError, Code
from config.vocabulary import SnsType

MOST_SUBJECT: Final = 255
MOST_NAME: Final = 100


@dataclass(frozen=True, slots=True)
class Profile:
    """One person at one provider; `email` only if the provider says that it is verified."""

    subject: str
    email: str | None = field(repr=False)
    name: str | None = field(repr=False)


def read(sns_type: SnsType, said: Any) -> Profile:  # noqa: ANN401 - a provider's JSON
    """Read a profile.

    Raises:
        ApiError: it names nobody.
    """
    try:
        subject, email, name = READERS[sns_type](said)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ApiError(Code.PROVIDER_AWAY, detail="the provider said nothing that can be read") from None
    if not 0 < len(subject) <= MOST_SUBJECT or not subject.isascii():
        raise ApiError(Code.PROVIDER_AWAY, detail="the provider named nobody")
    return Profile(subject, email, name[:MOST_NAME].replace("\0", "") if isinstance(name, str) else None)


def _kakao(said: Mapping[str, Any]) -> tuple[str, str | None, Any]:
    """https://developers.kakao.com/docs/latest/en/kakaologin/rest-api#req-user-info."""
    account = said.get("kakao_account") or {}
    is_sure = account.get("is_email_valid") is True and account.get("is_email_verified") is True
    name = (account.get("profile") or {}).get("nickname")
    return str(int(said["id"])), account.get("email") if is_sure else None, name


def _google(said: Mapping[str, Any]) -> tuple[str, str | None, Any]:
    """https://developers.google.com/identity/openid-connect/openid-connect#obtainuserinfo."""
    return str(said["sub"]), said.get("email") if said.get("email_verified") is True else None, said.get("name")


READERS: Final[Mapping[SnsType, Callable[[Any], tuple[str, str | None, Any]]]] = {
    SnsType.KAKAO: _kakao,
    SnsType.GOOGLE: _google,
}
