"""The broker that the application under test speaks to, for one test and not for those after it."""

import pytest

from config.settings import settings
from workers.celery_app import app, configuration

# What Celery reads with, writes with, and falls back to for either.
NAMES = ("broker_read_url", "broker_write_url", "broker_url")

# What the application keeps if nobody sets another: no test's real broker, which may run on beyond that test.
NOWHERE = "redis+socket:///nowhere/broker.sock?virtual_host=0"


def use_broker(url: str, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("ALRIM_ENV", "test")
    patch.setenv("ALRIM_BROKER_URL", NOWHERE)
    settings.cache_clear()
    for name in NAMES:
        # As an item: the attribute of a name that is not set is that of another, and would be put back as its own.
        patch.setitem(app.conf, name, url)
    patch.setenv("ALRIM_BROKER_URL", url)
    settings.cache_clear()
    patch.setitem(app.conf, "broker_transport_options", configuration()["broker_transport_options"])
