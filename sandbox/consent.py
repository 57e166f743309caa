"""What the imitated login servers have in common: the consent page, whom it speaks for, and the way back.

The page asks who consents, so that one browser can be many people; a test answers it by the address alone
(`answer=agree|deny`, `email`, `verified`). It must know no vendor's scopes, codes or tokens.
"""

import base64
import hashlib
import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from fastapi.responses import HTMLResponse, RedirectResponse

from sandbox.person import Person

AGREE: Final = "agree"

_ANSWERED: Final = {"answer", "email", "verified"}
_PAGE: Final = """<!doctype html><html lang="ko"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.6 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;background:#f4f5f8}}
form{{background:#fff;padding:36px;border-radius:20px;width:320px;text-align:center;box-shadow:0 8px 30px #0001}}
button{{width:100%;padding:13px;border:0;border-radius:12px;font:inherit;cursor:pointer;margin-top:8px}}
[name=email]{{width:100%;box-sizing:border-box;padding:12px;border:1px solid #d5d8df;border-radius:12px;font:inherit}}
label{{display:block;margin:8px 0;font-size:14px}}
[value=agree]{{{button};font-weight:700}}p{{color:#6c7280;font-size:14px;overflow-wrap:anywhere}}</style>
<form><h1>{title}</h1><p>{scopes}</p>{fields}
<input name="email" value="{email}" aria-label="이메일 · E-mail">
<label><input type="checkbox" name="verified" value="true" checked> 인증된 이메일 · Verified</label>
<button name="answer" value="agree">동의하고 계속하기 · Agree</button>
<button name="answer" value="deny">취소 · Cancel</button></form></html>"""

Query = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """One vendor's consent page.

    Attributes:
        button: CSS of the button that agrees.
        email: of whoever consents without saying who.
    """

    title: str
    button: str
    email: str

    def show(self, query: Query, scopes: Iterable[str]) -> HTMLResponse:
        """Make the page, which comes back to its own address with the same query and the answer."""
        fields = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in query.items()
            if name not in _ANSWERED
        )
        shown = {"scopes": html.escape(", ".join(scopes)), "email": html.escape(self._expected(query))}
        return HTMLResponse(_PAGE.format(title=self.title, button=self.button, fields=fields, **shown))

    def person(self, query: Query) -> Person:
        """Say who answered; an answer without an address is by the expected person, who is verified."""
        if not query.get("email"):
            return Person(self._expected(query))
        return Person(query["email"], verified=query.get("verified") == "true")

    def _expected(self, query: Query) -> str:
        return query.get("login_hint") or self.email


def back(query: Query, outcome: Query) -> RedirectResponse:
    """Send the browser back to the app with the outcome and the app's own state."""
    target = query["redirect_uri"]
    state = {"state": query["state"]} if "state" in query else {}
    return RedirectResponse(f"{target}{'&' if urlsplit(target).query else '?'}{urlencode({**outcome, **state})}", 302)


def is_web_address(target: str) -> bool:
    """Tell whether a browser may be sent there."""
    return urlsplit(target).scheme in {"http", "https"}


def proves(verifier: str, challenge: str | None) -> bool:
    """Check PKCE's S256 (RFC 7636); where nothing was challenged, nothing needs a proof."""
    if challenge is None:
        return True
    return challenge == base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
