"""A run that uses every feature of an installation, in two halves: what is accepted while nobody works, and the rest.

Every secret is noted as it is said or heard, and so is what stands in the clear by design. Whoever adds a feature adds
a step to `STEPS`, or to `settle` where workers are needed.
"""

import base64
import hmac
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from tests.flows import consenting, everything_sent
from tests.flows.batch_client import BatchClient
from tests.flows.client import FINAL, Client
from tests.flows.stack import RECEIPT_SECRET, RECEIPT_TOKEN, Stack, wait_for
from tests.flows.words import Words

AGENT, REQUEST_ID = "yqxagent/1.0", "yqxrequest-1"
CODE = re.compile(r"[2-9A-HJ-NP-Z]{10}")
CONSENTED = ("consented", "from a mailbox")
NETWORK = "203.0.113.77/32"
OWN: dict[str, dict[str, str]] = {
    "solapi": {"api_key": "zqxsolapikey", "api_secret": "zqxsolapisecret"},
    "gmail": {"user": "zqxgmailuser@example.com", "password": "zqxapppw mail pass word"},
    "ses": {"access_key_id": "zqxawskey", "secret_access_key": "zqxawssecret", "from": "zqxsesfrom@example.com"},
}


@dataclass
class Run:
    """One installation and what was said to it."""

    stack: Stack
    words: Words = field(default_factory=Words)
    sent: dict[str, str] = field(default_factory=dict)
    batches: list[str] = field(default_factory=list)
    people: dict[str, Client] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: object = None, who: str = "", ok: bool = True) -> Any:  # noqa: ANN401, FBT001, FBT002 - a body
        """Ask as a person with a browser does; the secrets of the body are noted."""
        self.words.of(path, body)
        headers = {"User-Agent": AGENT, "X-Request-Id": REQUEST_ID}
        if who:
            headers["Authorization"] = self.people[who].bearer
        answer = requests.request(method, f"{self.stack.api}{path}", json=body, headers=headers, timeout=15)
        assert answer.ok is ok, (path, answer.text)
        return answer.json() if answer.content else None

    def inside(self, who: str, tokens: dict[str, Any]) -> None:
        """Note the tokens of a login, which become the person's."""
        self.words.token("access token", tokens["Authorization"])
        self.words.hide("refresh token", tokens["refresh_token"], tokens["refresh_token"].partition(".")[2])
        self.people[who].bearer = tokens["Authorization"]

    def join(self, who: str) -> Client:
        """Register somebody and make a key."""
        email = self.words.show("e-mail", f"yqx{who}@example.com")
        account = {"email": email, "pw": f"zqxpassword-{who}", "name": f"yqxname-{who}"}
        person = self.people[who] = Client(self.stack.api, "", "", "", email)
        self.inside(who, self.ask("POST", "/api/auth/register/email", account))
        made = self.key(who, user_memo=f"yqxmemo-{who}", whitelist=["127.0.0.0/8", NETWORK])
        person.access_key, person.secret_key = made["access_key"], made["secret_key"]
        return person

    def key(self, who: str, **fields: object) -> Any:  # noqa: ANN401 - a body
        made = self.ask("POST", "/api/user/apikeys", fields, who)
        self.words.hide("secret key", made["secret_key"])
        self.words.show("access key", made["access_key"])
        return made


def log_in(run: Run) -> None:
    """Log in, renew, log out, guess wrong, and change the password."""
    who = run.join("sender")
    first = {"email": who.email, "pw": "zqxpassword-sender"}
    tokens = run.ask("POST", "/api/auth/login/email", first)
    run.inside("sender", tokens)
    over = run.ask("POST", "/api/auth/login/email", first)
    run.inside("sender", over)
    run.ask("POST", "/api/auth/logout", {"refresh_token": over["refresh_token"]})
    run.ask("POST", "/api/auth/login/email", {**first, "pw": "zqxguessed"}, ok=False)
    run.inside("sender", run.ask("POST", "/api/auth/refresh", {"refresh_token": tokens["refresh_token"]}))
    change = {"pw": "zqx바뀐비밀번호", "current_pw": first["pw"]}
    run.ask("PUT", "/api/user/me", change, "sender")


def make_keys(run: Run) -> None:
    """Rotate a key, and use one of each further kind."""
    sender = run.people["sender"]
    [only] = run.ask("GET", "/api/user/apikeys", who="sender")
    rotated = run.ask("POST", f"/api/user/apikeys/{only['id']}/rotate", {"overlap_seconds": 3600}, "sender")
    run.words.hide("rotated secret", rotated["secret_key"])
    test = run.key("sender", kind="test")
    using = Client(sender.api, test["access_key"], test["secret_key"], sender.bearer, sender.email)
    run.sent["test"] = everything_sent.send(using, run.words, "kakao", {"msg": "zqx시험키"})
    old = run.key("sender", legacy_signing=True)
    body = json.dumps({"msg": "zqx옛서명"}).encode()
    run.words.of("legacy", {"msg": "zqx옛서명"})
    query = urlencode({"key": old["access_key"], "timestamp": int(time.time())})
    signature = base64.b64encode(hmac.digest(old["secret_key"].encode(), query.encode(), "sha256")).decode()
    run.words.hide("legacy signature", signature)
    headers = {"secret": signature, "Content-Type": "application/json", "X-Request-Id": REQUEST_ID}
    answer = requests.post(f"{sender.api}/api/services/kakao/send?{query}", data=body, headers=headers, timeout=15)
    assert answer.status_code == 202, answer.text
    run.sent["legacy"] = answer.json()["id"]


def connect(run: Run) -> None:
    """Connect one of each kind, change it, have it tried, and send through it."""
    owner = run.join("owner")
    where = "/api/user/connections"
    for channel, given in OWN.items():
        credentials = {"channel": channel, **given}
        made = run.ask("POST", where, {"name": f"yqxconnection-{channel}", "credentials": credentials}, "owner")
        if receipts := made.get("receipts"):
            token = urlsplit(receipts["url"]).path.rpartition("/")[2]
            secret: str = receipts["secret"]
            run.words.hide("receipts of a connection", token, secret, everything_sent.sha1(secret))
            everything_sent.report(run.stack, run.words, token, secret, run.sent["test"])
        again = {name: f"{value}2" if "secret" in name else value for name, value in credentials.items()}
        run.ask("PUT", f"{where}/{made['id']}", {"credentials": again}, "owner")
        run.ask("POST", f"{where}/{made['id']}/test", who="owner")
    run.words.hide("app password", OWN["gmail"]["password"].replace(" ", ""))
    kakao = consent(run, "kakao")
    run.words.hide("mailbox", "zqxmailbox@example.com")
    google = consent(run, "google", email="zqxmailbox@example.com", verified="true")
    for name in ("SMS", "gmail", "ses"):
        everything_sent.send(owner, run.words, *everything_sent.ARRIVING[name])
    run.sent["consented"] = everything_sent.send(owner, run.words, *everything_sent.TALKS["text"], connection=kakao)
    channel, mail = everything_sent.ARRIVING["gmail"]
    run.sent["from a mailbox"] = everything_sent.send(owner, run.words, channel, mail, connection=google)


def consent(run: Run, provider: str, **person: str) -> str:
    """Connect by consent; what the provider gave is read from what is sealed."""
    body: dict[str, object] = {"name": f"yqxconnection-{provider}"}
    made = consenting.connect(run.stack.api, run.words, run.people["owner"].bearer, provider, body, **person)
    tokens = consenting.unsealed(run.stack, made)
    run.words.hide(f"{provider} token", tokens["access_token"], tokens["refresh_token"])
    return made


def log_in_elsewhere(run: Run) -> None:
    """Log in at Kakao and at Google, as one person."""
    email = run.words.show("e-mail", "yqxsocial@example.com")
    run.people["social"] = Client(run.stack.api, "", "", "", email)
    for sns_type in ("kakao", "google"):
        run.inside("social", consenting.log_in(run.stack.api, run.words, sns_type, email))


def send(run: Run) -> None:
    """Send one of each, and batches; cancel one."""
    sender = run.people["sender"]
    run.sent |= everything_sent.send_all(sender, run.words)
    run.batches = everything_sent.batch_all(BatchClient(sender), run.words)
    path = f"/api/services/notifications/{run.sent['cancelled']}"
    assert sender.post(f"{path}/cancel", {}).json()["cancelled"]
    everything_sent.report(run.stack, run.words, RECEIPT_TOKEN, RECEIPT_SECRET, run.sent["SMS"])


def ask_for_codes(run: Run) -> None:
    """Have both codes mailed, and take one's data away."""
    email = run.people["sender"].email
    run.ask("POST", "/api/user/me/email", {}, "sender")
    run.ask("POST", "/api/auth/reset", {"email": email})


def leave(run: Run) -> None:
    """Register, send, change a memo, and leave."""
    leaver = run.join("leaver")
    [key] = run.ask("GET", "/api/user/apikeys", who="leaver")
    run.ask("PUT", f"/api/user/apikeys/{key['id']}", {"user_memo": "yqxmemo-left"}, "leaver")
    everything_sent.send(leaver, run.words, *everything_sent.TEXTS["SMS"])
    run.ask("DELETE", "/api/user/me", who="leaver")


STEPS: tuple[Callable[[Run], None], ...] = (log_in, log_in_elsewhere, make_keys, connect, send, ask_for_codes, leave)


def settle(run: Run) -> None:
    """With workers: let everything end, decide what a person decides, and use the codes that came."""
    sender = run.people["sender"]
    for name, each in run.sent.items():
        if name not in CONSENTED:
            sender.settled(each, 60)
    for name in CONSENTED:
        assert run.people["owner"].settled(run.sent[name])["status"] == "sent"
    for each in run.batches:
        BatchClient(sender).over(each)
    everything_sent.report(run.stack, run.words, RECEIPT_TOKEN, RECEIPT_SECRET, run.sent["SMS"])
    sender.settled(run.sent["SMS"], among={"delivered"})
    decide(run)
    use_codes(run)


def decide(run: Run) -> None:
    """Send again what failed, one by one and all, and settle what nobody knows."""
    sender, path = run.people["sender"], "/api/services/notifications"
    acts: list[tuple[str, dict[str, Any]]] = [
        (f"/{run.sent['refused']}/resend", {"after_attempt": 1}),
        (f"/{run.sent['silent']}/resolve", {"as": "sent", "after_attempt": 1}),
        ("/replay", {"channel": "gmail", "dry_run": False}),
    ]
    for act, body in acts:
        answer = sender.post(path + act, body)
        assert answer.status_code == 200, answer.text
    wait_for("what is sent again", lambda: sender.look(run.sent["bounced"])["attempt"] > 1)
    for name in ("refused", "bounced"):
        sender.settled(run.sent[name], among=FINAL - {"cancelled"})


def use_codes(run: Run) -> None:
    """Read the codes out of the mails and use them up."""
    email = run.people["sender"].email

    def codes() -> list[str] | None:
        mails = requests.get(f"{run.stack.sandbox}/inbox.json?to={email}", timeout=5).json()
        # Which comes first, nobody knows.
        inorder = sorted(mails, key=lambda mail: "reset" in mail["subject"])
        found = [found[0] for mail in inorder if (found := CODE.search(mail["text"] or ""))]
        return found if len(found) == 2 else None

    verify, reset = wait_for("the codes", codes) or ["", ""]
    run.words.hide("mailed code", verify, reset, f"{verify[:5]}-{verify[5:]}")
    run.ask("PUT", "/api/user/me/email", {"code": verify}, "sender")
    run.ask("PUT", "/api/auth/reset", {"email": email, "code": reset, "pw": "zqxnewpassword"})
    run.inside("sender", run.ask("POST", "/api/auth/login/email", {"email": email, "pw": "zqxnewpassword"}))
