"""What a run said: words that nobody may find afterwards, and words that everybody may.

By their marks a message tells which of its words are which, so that a new field needs no list. It knows no feature
and no dump.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tests.flows.dumping import Word, tails

SECRET = re.compile(r"zqx[\w@.-]*\w")
"""Every word of this mark is a secret, wherever it stands in a message."""
OPEN = re.compile(r"yqx[\w@.-]*\w")
"""Words of this mark stand in the clear by design: names, memos, references, an account's own address."""
MOBILE = re.compile(r"(?<![0-9a-f])01[0-9]{9}(?![0-9a-f])")


@dataclass
class Words:
    """All words of one run."""

    secret: set[Word] = field(default_factory=set)
    open: set[Word] = field(default_factory=set)

    def hide(self, kind: str, *texts: str) -> None:
        """Note secrets that bear no mark."""
        self.secret |= {Word(kind, text) for text in texts}

    def show(self, kind: str, text: str) -> str:
        """Note what stands in the clear by design."""
        self.open.add(Word(kind, text))
        return text

    def token(self, kind: str, jwt: str) -> None:
        """Note a JSON web token: the whole, its parts, and what they say."""
        head, payload, signature = jwt.removeprefix("Bearer ").split(".")
        said = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        self.hide(kind, f"{head}.{payload}.{signature}", payload, signature, said.decode())
        if "jti" in (claims := json.loads(said)):
            self.hide(f"{kind}: jti", claims["jti"])

    def of(self, kind: str, content: object) -> None:
        """Note every marked word and every telephone of a message, each with its field."""
        for name, text in _leaves(kind, content):
            for each in SECRET.findall(text):
                self.hide(name, each.partition("@")[0])
            for each in OPEN.findall(text):
                self.show(name, each)
            for digits in MOBILE.findall(text.replace("-", "").replace(" ", "")):
                self.hide(name, *tails(digits))


def _leaves(name: str, content: object) -> Iterator[tuple[str, str]]:
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield from _leaves(f"{name}.{key}", value)
    elif isinstance(content, list):
        for value in content:
            yield from _leaves(name, value)
    elif isinstance(content, str):
        yield name, content
        yield from _in_base64(name, content)


def _in_base64(name: str, text: str) -> Iterator[tuple[str, str]]:
    if name.endswith((".content", ".image")):
        yield name, base64.b64decode(text).decode(errors="ignore")
