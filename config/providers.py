"""The installation's own provider credentials, from the environment.

In `local` and `test` what is not said is the sandbox's; elsewhere an address that is not said is the vendor's
own, and a channel without credentials is not offered. Nothing here stores or sends.
"""

from typing import Final

from config.settings import Aws, Gmail, Installation, Kakao, Sandbox, Solapi, settings
from config.vocabulary import Channel

SOLAPI_URL: Final = "https://api.solapi.com"
KAKAO_URL: Final = "https://kapi.kakao.com"
GMAIL_HOST: Final = "smtp.gmail.com"
GMAIL_PORT: Final = 465


def installation_credentials() -> dict[Channel, dict[str, str]]:
    """The credentials of every channel that this installation can send on by itself."""
    sandbox = settings(Sandbox) if settings(Installation).has_sandbox else None
    everything = {
        Channel.SOLAPI: _solapi(sandbox),
        Channel.KAKAO: _kakao(sandbox),
        Channel.GMAIL: _gmail(sandbox),
        Channel.SES: _ses(sandbox),
    }
    return {channel: known for channel, known in everything.items() if known is not None}


def receipt_token() -> str | None:
    """The token in the path of the installation's SOLAPI reports, if it takes any."""
    return settings(Solapi).solapi_receipt_token.get_secret_value() or None


def _solapi(sandbox: Sandbox | None) -> dict[str, str] | None:
    said = settings(Solapi)
    key, secret = said.solapi_api_key.get_secret_value(), said.solapi_api_secret.get_secret_value()
    receipts = {"receipt_secret": said.solapi_receipt_secret.get_secret_value()}
    if key:
        return {"api_key": key, "api_secret": secret, "base_url": said.solapi_base_url or SOLAPI_URL, **receipts}
    if sandbox is None:
        return None
    base_url = said.solapi_base_url or f"http://127.0.0.1:{sandbox.sandbox_port}/solapi"
    return {"api_key": "sandbox", "api_secret": "sandbox", "base_url": base_url, **receipts}


def _kakao(sandbox: Sandbox | None) -> dict[str, str] | None:
    said = settings(Kakao)
    token = said.kakao_access_token.get_secret_value()
    if token:
        return {"access_token": token, "api_base_url": said.kakao_api_base_url or KAKAO_URL}
    if sandbox is None:
        return None
    base_url = said.kakao_api_base_url or f"http://127.0.0.1:{sandbox.sandbox_port}/kakao/api"
    return {"access_token": "sandbox", "api_base_url": base_url}


def _gmail(sandbox: Sandbox | None) -> dict[str, str] | None:
    said = settings(Gmail)
    if said.gmail_user:
        return {
            "user": said.gmail_user,
            "password": said.gmail_password.get_secret_value(),
            "host": said.gmail_host or GMAIL_HOST,
            "port": str(said.gmail_port or GMAIL_PORT),
            "tls": said.gmail_tls or "implicit",
        }
    if sandbox is None:
        return None
    return {
        "user": "sandbox@example.com",
        "password": "sandbox",
        "host": said.gmail_host or "127.0.0.1",
        "port": str(said.gmail_port or sandbox.sandbox_smtp_port),
        "tls": said.gmail_tls or "none",
    }


def _ses(sandbox: Sandbox | None) -> dict[str, str] | None:
    said = settings(Aws)
    key = said.aws_access_key_id.get_secret_value()
    if key:
        return {
            "access_key_id": key,
            "secret_access_key": said.aws_secret_access_key.get_secret_value(),
            "region": said.aws_region,
            "endpoint_url": said.aws_endpoint_url,
            "from": said.ses_from,
        }
    if sandbox is None:
        return None
    return {
        "access_key_id": "sandbox",
        "secret_access_key": "sandbox",
        "region": "ap-northeast-2",
        "endpoint_url": said.aws_endpoint_url or f"http://127.0.0.1:{sandbox.sandbox_port}/aws",
        "from": "alrim@example.com",
    }
