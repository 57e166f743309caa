"""What a person sees: the sandbox's inbox and the API's documentation, in a real browser without a network."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.flows.browser import Page, browsing
from tests.flows.client import Client
from tests.flows.stack import ROOT, Stack, wait_for

SMS = {"to": "01012345678", "from": "0212345678"}
JPEG = base64.b64encode((ROOT / "deploy" / "local" / "pixel.jpg").read_bytes()).decode()
MARKUP = "<p>영수증</p><script>document.body.append('ran')</script><img src=x onerror=\"document.body.append('ran')\">"
EXAMPLES = {"send_kakao": "배포가 끝났습니다", "send_solapi": "인증번호는 493021", "send_email": "subject"}
SCHEMA_NAMES = """
  [...document.querySelectorAll("section.models article")].map(
    (each) => each.querySelector(".json-schema-2020-12__title").innerText)
"""
UNSAFE = """
  const frame = document.createElement("iframe");
  frame.srcdoc = %r;
  frame.setAttribute("sandbox", "allow-scripts");
  document.body.append(frame);
  new Promise((done) => frame.addEventListener("load", () => done(true)))
"""


@pytest.fixture(scope="module")
def page(chromium: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browsing(chromium, tmp_path_factory.mktemp("browser")) as page:
        yield page


def test_a_message_appears_in_the_open_inbox_by_itself(page: Page, stack: Stack, client: Client) -> None:
    page.goto(f"{stack.sandbox}/")
    page.wait_for("document.querySelector('#live').classList.contains('on')")
    page.evaluate("window.opened = 'once'")
    sent = client.send("solapi", {**SMS, "text": "문이 열렸습니다 <b>1</b>"})
    bubble = "[...document.querySelectorAll('#phone .balloon')].find((each) => each.innerText.includes('문이 열렸'))"
    page.wait_for(bubble)
    assert page.evaluate(f"{bubble}.innerText") == "문이 열렸습니다 <b>1</b>"
    assert page.evaluate(f"{bubble}.closest('article').querySelector('.id').title").endswith(sent)
    assert (page.evaluate("window.opened"), page.errors) == ("once", [])


def test_a_picture_is_seen(page: Page, stack: Stack, client: Client) -> None:
    page.goto(f"{stack.sandbox}/")
    client.send("solapi", {**SMS, "subject": "사진", "text": "오늘의 사진", "image": JPEG})
    picture = "document.querySelector('#phone li:first-child img.picture')"
    page.wait_for(f"{picture}?.complete")
    assert page.evaluate(f"{picture}.naturalWidth") > 0


def test_a_mails_markup_is_shown_and_never_run(page: Page, stack: Stack, client: Client) -> None:
    page.goto("about:blank")
    page.evaluate(UNSAFE % MARKUP)
    assert page.framed()[0].count("ran</body>") == 1, "this markup would run where it may"
    page.goto(f"{stack.sandbox}/")
    subject = "영수증을 보냅니다"
    client.settled(client.send("email", {"to": "page@example.com", "subject": subject, "html": MARKUP}))
    envelope = f"[...document.querySelectorAll('.envelope')].find((each) => each.innerText.includes('{subject}'))"
    page.wait_for(envelope)
    page.evaluate(f"{envelope}.scrollIntoView()")
    assert page.evaluate(f"{envelope}.querySelector('iframe').getAttribute('sandbox')") == ""
    shown = wait_for("the mail", lambda: [each for each in page.framed() if "<p>영수증</p>" in each])
    assert "<script>" in shown[0]
    assert "ran</body>" not in shown[0]


def test_the_documentation_is_whole_without_a_network(page: Page, stack: Stack) -> None:
    document = requests.get(f"{stack.api}/openapi.json", timeout=10).json()
    operations = [each for path in document["paths"].values() for each in path.values()]
    page.goto(f"{stack.api}/docs")
    page.wait_for(f"document.querySelectorAll('.opblock').length === {len(operations)}")
    assert set(page.evaluate(SCHEMA_NAMES)) == set(document["components"]["schemas"])
    for name, part in EXAMPLES.items():
        block = f"document.querySelector('#operations-services-{name}')"
        page.evaluate(f"{block}.querySelector('.opblock-summary-control').click()")
        page.wait_for(f"{block}.querySelector('.body-param__example')?.innerText.includes('{part}')")
    fetched = page.evaluate("performance.getEntriesByType('resource').map((each) => each.name)")
    assert fetched
    assert [each for each in fetched if not each.startswith((stack.api, "data:"))] == []
    assert page.errors == []
