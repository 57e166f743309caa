"""Our app at providers where people consent or log in, from the environment.

In `local` and `test` it is the sandbox's. Where no app is configured, nobody can consent.
"""

from dataclasses import dataclass, field
from typing import assert_never

from config.providers import addresses
from config.vocabulary import Channel, SnsType


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """One app at one provider.

    Attributes:
        authorize_url: where a person's browser goes to consent.
        token_url: where the code that comes back is exchanged.
        profile_url: where an access token is exchanged for who it is.
    """

    client_id: str
    client_secret: str = field(repr=False)
    authorize_url: str
    token_url: str
    profile_url: str


def app_of(sns_type: SnsType) -> OAuthApp | None:
    """Our app where people log in this way; None where there is none."""
    match sns_type:
        case SnsType.KAKAO:
            return kakao_app()
        case SnsType.GOOGLE:
            return google_app()
        case SnsType.EMAIL | SnsType.FACEBOOK:
            return None
        case _:
            assert_never(sns_type)


def kakao_app() -> OAuthApp | None:
    """Our app at Kakao; None where there is none."""
    known = addresses(Channel.KAKAO)
    if not known["rest_api_key"]:
        return None
    base = known["auth_base_url"].rstrip("/")
    return OAuthApp(
        client_id=known["rest_api_key"],
        client_secret=known["client_secret"],
        authorize_url=f"{base}/oauth/authorize",
        token_url=f"{base}/oauth/token",
        profile_url=f"{known['api_base_url'].rstrip('/')}/v2/user/me",
    )


def google_app() -> OAuthApp | None:
    """Our app at Google; None where there is none."""
    known = addresses(Channel.GMAIL)
    if not known["client_id"]:
        return None
    return OAuthApp(
        client_id=known["client_id"],
        client_secret=known["client_secret"],
        authorize_url=known["authorize_url"],
        token_url=known["token_url"],
        profile_url=known["profile_url"],
    )
