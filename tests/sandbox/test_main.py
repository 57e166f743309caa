import pytest

from sandbox import main, state
from sandbox.settings import Settings


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/inbox.json",
        "/inbox/events",
        "/faults",
        "/solapi/messages/v4/groups/{group_id}/send",
        "/kakao/auth/oauth/token",
        "/kakao/api/v2/api/talk/memo/default/send",
        "/aws/v2/email/outbound-emails",
    ],
)
def test_every_provider_is_there(path: str) -> None:
    shared = state.new(Settings())
    app = main.create(shared)
    assert app.state.sandbox is shared
    assert path in {getattr(route, "path", None) for route in app.routes}
