"""How an application sends batches: one body, or an upload that may break off."""

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

import requests

from tests.flows.client import Client
from tests.flows.stack import wait_for

BATCHES = "/api/services/batches"
MESSAGE = {"from": "02-1234-5678", "text": "#{name} 님, 주문 #{order}이 발송되었습니다"}
TAKEN_OVER = "4090006"
OVER = {"finished", "cancelled"}


@dataclass
class BatchClient:
    """Batches of one application."""

    client: Client

    def make(self, key: str | None = None, **fields: object) -> requests.Response:
        return self.client.post(BATCHES, {"channel": "solapi", "message": MESSAGE, **fields}, key)

    def made(self, **fields: object) -> dict[str, Any]:
        answer = self.make(None, **fields)
        assert answer.status_code == 202, answer.text
        batch: dict[str, Any] = answer.json()
        return batch

    def upload(self, batch_id: str, body: bytes, kind: str = "text/csv") -> requests.Response:
        """Upload, again where an earlier upload that broke off had not ended yet."""
        while (answer := self.upload_once(batch_id, body, kind)).json().get("code") == TAKEN_OVER:
            time.sleep(0.2)
        return answer

    def upload_once(self, batch_id: str, body: bytes, kind: str) -> requests.Response:
        path = f"{BATCHES}/{batch_id}/recipients"
        url, headers = self.client.signed("PUT", path, body)
        return requests.put(url, data=body, headers={**headers, "Content-Type": kind}, timeout=60)

    def ask(self, method: str, batch_id: str, rest: str = "") -> requests.Response:
        path = f"{BATCHES}/{batch_id}{rest}"
        key = uuid.uuid4().hex if method == "POST" else ""
        url, headers = self.client.signed(method, path, b"", key)
        return requests.request(method, url, headers=headers, timeout=30)

    def look(self, batch_id: str) -> dict[str, Any]:
        answer = self.ask("GET", batch_id)
        assert answer.status_code == 200, answer.text
        seen: dict[str, Any] = answer.json()
        return seen

    def over(self, batch_id: str, seconds: float = 40) -> dict[str, Any]:
        wait_for(f"the end of batch {batch_id}", lambda: self.look(batch_id)["status"] in OVER, seconds)
        return self.look(batch_id)


def people(count: int, order: str = "A") -> list[dict[str, Any]]:
    return [
        {"to": f"010{20000100 + number}", "variables": {"name": "홍길동", "order": f"{order}-{number}"}}
        for number in range(count)
    ]


def as_csv(recipients: list[dict[str, Any]]) -> bytes:
    lines = ["to,name,order", *(f"{r['to']},{r['variables']['name']},{r['variables']['order']}" for r in recipients)]
    return "\n".join(lines).encode() + b"\n"


def as_ndjson(recipients: list[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in recipients)
