"""What a provider reports: taken as it comes, since vendors add fields at will; `api.reports` keeps what is ours."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, RootModel

MOST_REPORTS: Final = 10_000


class ReportsIn(RootModel[Annotated[list[dict[str, Any]], Field(max_length=MOST_REPORTS)]]):
    """Reports of one call, flat or each wrapped in `data`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                [
                    {
                        "messageId": "M4V20261124094500CCCCCCCCCCCCCCC",
                        "statusCode": "4000",
                        "customFields": {"nid": "0193f2a4-7c1e-7d3a-9a55-1c0f5f0e8b11", "att": "1"},
                    }
                ]
            ]
        }
    )


class QueuedOut(BaseModel):
    """How many reports were taken; others in the call are not about notifications of this installation."""

    queued: int
