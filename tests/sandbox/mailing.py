"""Serves the sandbox's mail server while a test runs, and what tests mail and hear."""

import asyncio
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from sandbox import smtp
from sandbox.state import State

NID = "019abcde-1111-7000-8000-000000000001"
ACCOUNT = "sandbox@example.com"


@contextmanager
def serving(state: State) -> Iterator[int]:
    ports: list[int] = []
    ready, loop = threading.Event(), asyncio.new_event_loop()
    over = asyncio.Event()

    async def serve() -> None:
        async with smtp.serve(state) as port:
            ports.append(port)
            ready.set()
            await over.wait()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        thread = threading.Thread(target=runner.run, args=(serve(),))
        thread.start()
        try:
            assert ready.wait(5)
            yield ports[0]
        finally:
            loop.call_soon_threadsafe(over.set)
            thread.join()


def letter() -> str:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ACCOUNT, "a@example.net", "안내"
    mail["Message-ID"] = f"<{NID}@alrim.example.com>"
    mail.set_content("안녕하세요\n.점으로 시작하는 줄")
    return mail.as_string()


def said(error: smtplib.SMTPResponseException) -> tuple[int, str]:
    text = error.smtp_error if isinstance(error.smtp_error, str) else error.smtp_error.decode()
    return error.smtp_code, text.split()[0]
