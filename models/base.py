"""What every table has: an id, two moments, and three typed class methods that never commit.

Conditions are SQLAlchemy expressions, the session comes first, and who commits is visible where the call
stands: `with transaction() as session:`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ColumnElement, MetaData, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from models.types import Id, Moment, new_id, utc_now


class Base(DeclarativeBase):
    """A row with an id, and the moments at which it was made and last changed."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id, sort_order=-2)
    created_at: Mapped[datetime] = mapped_column(Moment, default=utc_now, sort_order=-1)
    updated_at: Mapped[datetime] = mapped_column(Moment, default=utc_now, onupdate=utc_now, sort_order=-1)

    @classmethod
    def create(cls, session: Session, **values: Any) -> Self:  # noqa: ANN401 - the columns type themselves in the constructor
        """Add a row and give it its id; nothing is committed."""
        row = cls(**values)
        session.add(row)
        session.flush()
        return row

    @classmethod
    def get(cls, session: Session, row_id: UUID) -> Self | None:
        """Find a row by its id."""
        return session.get(cls, row_id)

    @classmethod
    def filter(cls, session: Session, *conditions: ColumnElement[bool]) -> Sequence[Self]:
        """Find the rows that meet every condition, oldest first."""
        return session.scalars(select(cls).where(*conditions).order_by(cls.id)).all()
