"""A browser at the sandbox's login servers, without a page: what it is sent back with, and what the API answers."""

import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

import requests

from models.connection import Connection
from models.sealing import Sealer, parse_keys
from models.session import make_engine
from tests.flows.stack import Stack
from tests.flows.words import Words


def come_back(browser: requests.Session, words: Words, url: str, **person: str) -> Any:  # noqa: ANN401 - a body
    """Agree as this person and come back; the cookie, the code and the state are noted as secrets."""
    for cookie in browser.cookies:
        words.token("consent cookie", cookie.value or "")
    answer = browser.get(f"{url}&{urlencode({'answer': 'agree', **person})}", timeout=10)
    assert answer.status_code == 200, answer.text
    back = parse_qs(urlsplit(answer.url).query)
    words.hide("consent", *back["code"], *back["state"])
    return answer.json()


def log_in(api: str, words: Words, sns_type: str, email: str) -> Any:  # noqa: ANN401 - a body
    """Log in at a provider."""
    with requests.Session() as browser:
        asked = browser.get(f"{api}/api/auth/{sns_type}/authorize", allow_redirects=False, timeout=10)
        return come_back(browser, words, asked.headers["Location"], email=email, verified="true")


def connect(api: str, words: Words, bearer: str, provider: str, body: dict[str, object], **person: str) -> str:
    """Connect by consent; the connection's id."""
    where, headers = f"{api}/api/user/connections/{provider}/authorize", {"Authorization": bearer}
    with requests.Session() as browser:
        asked = browser.post(where, json=body, headers=headers, timeout=10)
        made: str = come_back(browser, words, asked.json()["authorize_url"], **person)["id"]
        return made


def unsealed(stack: Stack, connection_id: str) -> dict[str, str]:
    """Open a connection's credentials with the installation's own keys."""
    table, engine = Connection.__table__, make_engine(stack.database_url)
    with engine.connect().execution_options(reading=True) as database:
        row_id = UUID(connection_id)
        sealed = database.execute(table.select().where(table.c.id == row_id)).one().secrets
    engine.dispose()
    keys = Sealer(parse_keys(stack.environment["ALRIM_SEAL_KEYS"]))
    known: dict[str, str] = json.loads(keys.open("connections.secrets", row_id, sealed))
    return known
