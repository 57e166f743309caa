import base64
import json
from datetime import UTC, datetime

from config.vocabulary import State
from deploy.local.demo_messages import EMAIL, KAKAO, SOLAPI, every_ending, every_type

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ENDINGS = every_ending(NOW)
EXAMPLES = [*every_type(), *ENDINGS]


def test_every_title_stands_once_and_every_body_is_json() -> None:
    assert len({each.title for each in EXAMPLES}) == len(EXAMPLES)
    assert all(json.loads(json.dumps(each.body)) == each.body for each in EXAMPLES)


def test_every_kind_of_message_is_shown() -> None:
    solapi = [each.body for each in EXAMPLES if each.path == SOLAPI]
    kakao = [each.body for each in EXAMPLES if each.path == KAKAO]
    mail = [each.body for each in EXAMPLES if each.path == EMAIL]
    assert {"text", "subject", "image", "kakaoOptions"} <= {name for body in solapi for name in body}
    assert {"msg", "template_id", "receiver_uuids"} <= {name for body in kakao for name in body}
    objects = {body["template_object"]["object_type"] for body in kakao if "template_object" in body}
    assert objects == {"feed", "list", "location", "commerce", "calendar"}
    assert {body["provider"] for body in mail} == {"gmail", "ses"}
    assert any(body.keys() >= {"text", "html", "attachments"} for body in mail)


def test_every_ending_is_shown() -> None:
    ends = set[State]().union(*(each.ends for each in ENDINGS))
    assert ends == {State.SENT, State.DELIVERED, State.FAILED, State.UNKNOWN}
    assert {each.attempts for each in ENDINGS} == {0, 1, 2}


def test_the_picture_is_a_jpeg_of_allowed_size() -> None:
    (picture,) = (base64.b64decode(each.body["image"]) for each in EXAMPLES if "image" in each.body)
    assert picture.startswith(b"\xff\xd8\xff")
    assert picture.endswith(b"\xff\xd9")
    assert len(picture) <= 200 * 1024
