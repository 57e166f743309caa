"""The archive, with its worker killed at every step of sixty days: each record is in one place in the end, and DuckDB
reads as many.

`make prove-archive` runs the same with more records.
"""

import json
import os
import subprocess
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import duckdb
import pytest
from sqlalchemy.orm import Session

from models.log_record import store
from models.schema import metadata
from models.session import make_engine
from models.types import utc_now
from tests.flows.shelf import Shelf
from tests.flows.stack import PYTHON, ROOT
from tests.logging_rows import record_at
from tests.servers.mariadb import Mariadb

pytestmark = [pytest.mark.flow, pytest.mark.timeout(3600)]

DAYS = 60
A_DAY = int(os.environ.get("PROVE_RECORDS_A_DAY", "12"))
IS_PROOF = "PROVE_RECORDS_A_DAY" in os.environ
POINTS = {f"{when} {act}" for when in ("before", "after") for act in ("commit", "write", "delete")} | {"before read"}
DDL = next(
    block.removeprefix("sql\n")
    for block in (ROOT / "docs/operations.md").read_text().split("```")
    if block.startswith("sql\n") and "read_json" in block
)
"""How the documentation reads an archive by DuckDB."""


@pytest.fixture(params=["directory", "bucket"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """An archive of each kind."""
    if request.param == "bucket":
        made: Shelf = request.getfixturevalue("bucket")
        return made
    root = tmp_path / "shelf"
    return Shelf(
        {"ALRIM_ARCHIVE": str(root)},
        lambda: {str(each.relative_to(root)): each.read_bytes() for each in root.rglob("*.json.gz")},
    )


def fill(url: str) -> set[UUID]:
    """Sixty days of records."""
    engine, now = make_engine(url), utc_now()
    metadata.create_all(engine)
    every = set[UUID]()
    for day in range(1, DAYS + 1):
        rows = [
            record_at(now - timedelta(days=day) - timedelta(seconds=3600 * 20 * number / A_DAY), UUID(int=number % 9))
            for number in range(A_DAY)
        ]
        with Session(engine) as session, session.begin():
            store(session, rows)
        every |= {row["id"] for row in rows}
    engine.dispose()
    return every


def test_killed_at_every_step_of_sixty_days_it_holds_each_record_once(
    tmp_path: Path, mariadb: Mariadb, shelf: Shelf
) -> None:
    mariadb.start()
    url = (
        mariadb.fresh_database()
        if shelf.settings["ALRIM_ARCHIVE"].startswith("s3:")
        else f"sqlite:///{tmp_path / 'a.db'}"
    )
    every = fill(url)
    environment = {**os.environ, "ALRIM_ENV": "test", "ALRIM_DATABASE_URL": url, **shelf.settings}
    days = [*range(DAYS - 1, 1, -1 if IS_PROOF else -19), 1]
    asked = {"days": days, "most_records": 20_000 if IS_PROOF else 60, "look": not IS_PROOF, "every": 1}
    ended = subprocess.run(
        [PYTHON, "-m", "tests.flows.archiving"],
        cwd=ROOT,
        env=environment,
        input=json.dumps(asked).encode(),
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()[-3000:]
    said = json.loads(ended.stderr)
    print(said)  # noqa: T201 - a proof is read
    died = said.pop("died")
    assert said == {"lost": 0, "records": len(every), "most": 1, "of": len(every)}
    assert set(died) == POINTS
    assert read_by_duckdb(tmp_path / "copy", shelf.objects()) == (len(every), len(every), 9)


def read_by_duckdb(folder: Path, objects: dict[str, bytes]) -> tuple[int, ...]:
    """Records, different ids and accounts, as DuckDB counts them."""
    for name, data in objects.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    with duckdb.connect() as connection:
        connection.execute(DDL.replace("/path/to/archive", str(folder)))
        counted = connection.execute("SELECT count(*), count(DISTINCT id), count(DISTINCT account_id) FROM logs")
        found = counted.fetchone()
    assert found is not None
    return tuple(found)
