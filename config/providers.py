"""The installation's own provider credentials and where each provider is, from the environment.

In `local` and `test` what is not said is the sandbox's; elsewhere an address that is not said is the vendor's
own, and a channel without credentials is not offered. Nothing here stores or sends.
"""

from collections.abc import Mapping
from typing import Final, assert_never
from urllib.parse import urlsplit

from config.settings import Aws, Gmail, Google, Installation, Kakao, Sandbox, Solapi, settings
from config.vocabulary import Channel

SOLAPI_URL: Final = "https://api.solapi.com"
KAKAO_URL: Final = "https://kapi.kakao.com"
KAKAO_AUTH_URL: Final = "https://kauth.kakao.com"
GMAIL_HOST: Final = "smtp.gmail.com"
GMAIL_PORT: Final = 465
GOOGLE_URLS: Final[Mapping[str, str]] = {
    "authorize_url": "https://accounts.google.com/o/oauth2/v2/auth",
    "token_url": "https://oauth2.googleapis.com/token",
    "profile_url": "https://openidconnect.googleapis.com/v1/userinfo",
}

SANDBOX: Final[Mapping[Channel, Mapping[str, str]]] = {
    Channel.SOLAPI: {"api_key": "sandbox", "api_secret": "sandbox"},
    Channel.KAKAO: {"access_token": "sandbox"},
    Channel.GMAIL: {"user": "sandbox@example.com", "password": "sandbox"},
    Channel.SES: {
        "access_key_id": "sandbox",
        "secret_access_key": "sandbox",
        "region": "ap-northeast-2",
        "from": "alrim@example.com",
    },
}
"""What the sandbox takes as credentials."""


def installation_credentials() -> dict[Channel, dict[str, str]]:
    """The credentials of every channel that this installation can send on by itself."""
    sandbox = _sandbox()
    everything = {
        Channel.SOLAPI: _solapi(sandbox),
        Channel.KAKAO: _kakao(sandbox),
        Channel.GMAIL: _gmail(sandbox),
        Channel.SES: _ses(sandbox),
    }
    return {channel: known for channel, known in everything.items() if known is not None}


def addresses(channel: Channel) -> dict[str, str]:
    """Where a channel's provider is and who we are to it: no account says that of its own connections."""
    sandbox = _sandbox()
    match channel:
        case Channel.SOLAPI:
            return _solapi_address(sandbox)
        case Channel.KAKAO:
            return _kakao_address(sandbox) | _kakao_app(sandbox)
        case Channel.GMAIL:
            return _gmail_address(sandbox) | _google_app(sandbox)
        case Channel.SES:
            return _ses_address(sandbox)
        case _:
            assert_never(channel)


def sandbox_credentials() -> dict[Channel, dict[str, str]]:
    """The sandbox as the provider of every channel, for test keys; nothing where there is none."""
    known = settings(Sandbox)
    base = known.sandbox_url.rstrip("/") or (f"http://127.0.0.1:{known.sandbox_port}" if _sandbox() else "")
    host = urlsplit(base).hostname
    if host is None:
        return {}
    where = {
        Channel.SOLAPI: {"base_url": f"{base}/solapi"},
        Channel.KAKAO: {"api_base_url": f"{base}/kakao/api"},
        Channel.GMAIL: {"host": host, "port": str(known.sandbox_smtp_port), "tls": "none"},
        Channel.SES: {"endpoint_url": f"{base}/aws"},
    }
    return {channel: {**SANDBOX[channel], **address} for channel, address in where.items()}


def receipt_token() -> str | None:
    """The token in the path of the installation's SOLAPI reports, if it takes any."""
    return settings(Solapi).solapi_receipt_token.get_secret_value() or None


def _sandbox() -> Sandbox | None:
    return settings(Sandbox) if settings(Installation).has_sandbox else None


def _at_sandbox(sandbox: Sandbox, path: str) -> str:
    return f"http://127.0.0.1:{sandbox.sandbox_port}/{path}"


def _solapi_address(sandbox: Sandbox | None) -> dict[str, str]:
    default = SOLAPI_URL if sandbox is None else _at_sandbox(sandbox, "solapi")
    return {"base_url": settings(Solapi).solapi_base_url or default}


def _kakao_address(sandbox: Sandbox | None) -> dict[str, str]:
    default = KAKAO_URL if sandbox is None else _at_sandbox(sandbox, "kakao/api")
    return {"api_base_url": settings(Kakao).kakao_api_base_url or default}


def _kakao_app(sandbox: Sandbox | None) -> dict[str, str]:
    """Our app at Kakao: `rest_api_key` is empty where there is none, and nobody can consent."""
    said = settings(Kakao)
    default = KAKAO_AUTH_URL if sandbox is None else _at_sandbox(sandbox, "kakao/auth")
    return {
        "auth_base_url": said.kakao_auth_base_url or default,
        "rest_api_key": said.kakao_rest_api_key.get_secret_value() or ("" if sandbox is None else "sandbox"),
        "client_secret": said.kakao_client_secret.get_secret_value(),
    }


def _gmail_address(sandbox: Sandbox | None) -> dict[str, str]:
    said = settings(Gmail)
    if sandbox is None:
        host, port, tls = GMAIL_HOST, GMAIL_PORT, "implicit"
    else:
        host, port, tls = "127.0.0.1", sandbox.sandbox_smtp_port, "none"
    return {"host": said.gmail_host or host, "port": str(said.gmail_port or port), "tls": said.gmail_tls or tls}


def _google_app(sandbox: Sandbox | None) -> dict[str, str]:
    """Our app at Google: `client_id` is empty where there is none, and nobody can consent."""
    said = settings(Google)
    default = "" if sandbox is None else "sandbox"
    base = (said.google_base_url or ("" if sandbox is None else _at_sandbox(sandbox, "google"))).rstrip("/")
    at_base = {"authorize_url": f"{base}/auth", "token_url": f"{base}/token", "profile_url": f"{base}/userinfo"}
    return {
        **(at_base if base else GOOGLE_URLS),
        "client_id": said.google_client_id or default,
        "client_secret": said.google_client_secret.get_secret_value() or default,
    }


def _ses_address(sandbox: Sandbox | None) -> dict[str, str]:
    return {"endpoint_url": settings(Aws).aws_endpoint_url or ("" if sandbox is None else _at_sandbox(sandbox, "aws"))}


def _solapi(sandbox: Sandbox | None) -> dict[str, str] | None:
    said = settings(Solapi)
    key, secret = said.solapi_api_key.get_secret_value(), said.solapi_api_secret.get_secret_value()
    receipts = {"receipt_secret": said.solapi_receipt_secret.get_secret_value()}
    if key:
        # Credentials that were said belong to the vendor, also in `local`.
        return {"api_key": key, "api_secret": secret, **_solapi_address(None), **receipts}
    if sandbox is None:
        return None
    return {**SANDBOX[Channel.SOLAPI], **_solapi_address(sandbox), **receipts}


def _kakao(sandbox: Sandbox | None) -> dict[str, str] | None:
    token = settings(Kakao).kakao_access_token.get_secret_value()
    if token:
        return {"access_token": token, **_kakao_address(None)}
    return None if sandbox is None else {**SANDBOX[Channel.KAKAO], **_kakao_address(sandbox)}


def _gmail(sandbox: Sandbox | None) -> dict[str, str] | None:
    said = settings(Gmail)
    if said.gmail_user:
        return {"user": said.gmail_user, "password": said.gmail_password.get_secret_value(), **_gmail_address(None)}
    return None if sandbox is None else {**SANDBOX[Channel.GMAIL], **_gmail_address(sandbox)}


def _ses(sandbox: Sandbox | None) -> dict[str, str] | None:
    said = settings(Aws)
    key = said.aws_access_key_id.get_secret_value()
    if key:
        return {
            "access_key_id": key,
            "secret_access_key": said.aws_secret_access_key.get_secret_value(),
            "region": said.aws_region,
            "from": said.ses_from,
            **_ses_address(None),
        }
    return None if sandbox is None else {**SANDBOX[Channel.SES], **_ses_address(sandbox)}
