"""Cases: another value for each row of one UPDATE, as text.

The expression language takes twenty times longer to write a thousand cases than the database to carry them out. Ids and
values stand as hexadecimal literals, so that nothing a vendor says can break out of its place.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import TextClause


class Once(TextClause):
    """A text that comes once: it would only fill the cache of statements."""

    inherit_cache = False


def by_id(values: Mapping[UUID, str], column: str) -> Once:
    """The value of each id, and for any other row what the column holds; ASCII values, at least one."""
    cases = " ".join(
        f"WHEN X'{row_id.hex}' THEN CAST(X'{value.encode('ascii', 'replace').hex()}' AS CHAR(128))"
        for row_id, value in values.items()
    )
    return Once(f"CASE id {cases} ELSE {column} END")
