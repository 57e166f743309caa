import time

import pytest

from tests.api.browser import Browser


@pytest.mark.parametrize("path", ["/", "/nowhere", "/boom"])
def test_every_answer_says_how_long_it_took(client: Browser, path: str) -> None:
    began = time.perf_counter()
    spent = float(client.request("GET", path).headers["x-process-time"])
    assert 0 < spent < time.perf_counter() - began
