"""What a decision's body may say."""

import pytest
from pydantic import BaseModel, ValidationError

from api.schemas.decisions import ReplayIn, ResendIn, ResolveIn


def test_a_replay_only_counts_unless_told_otherwise() -> None:
    assert ReplayIn.model_validate({}).dry_run is True


@pytest.mark.parametrize(
    ("model", "body"),
    [
        (ResendIn, {"after_attempt": True}),
        (ResendIn, {"after_attempt": 2**31}),
        (ResolveIn, {"said": "sent", "after_attempt": 1}),
        (ResolveIn, {"as": "SENT", "after_attempt": 1}),
        (ReplayIn, {"dry_run": "false"}),
        (ReplayIn, {"status": "sent"}),
        (ReplayIn, {"code": ""}),
        (ReplayIn, {"code": "홍길동"}),
        (ReplayIn, {"code": "x" * 65}),
        (ReplayIn, {"channel": "fax"}),
        (ReplayIn, {"created_from": "2026-02-01T00:00:00"}),
        (ReplayIn, {"created_to": 1767225600}),
    ],
)
def test_what_is_not_clear_is_refused(model: type[BaseModel], body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(body)
