"""A file in a mail, checked so that it can neither break the mail's structure nor name a path on the reader's machine.

Its content stays base64, as it came and as it is stored.
"""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from api.schemas.binary import decoded
from api.schemas.problems import Slug, problem
from api.schemas.sending import StrictIn
from api.schemas.text import HEADER

FILENAME_BYTES: Final = 255
_SEPARATORS: Final = re.compile(r"[/\\]")
_TOKEN: Final = r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}"  # noqa: S105 -- RFC 6838's restricted name, no credential
_MEDIA_TYPE: Final = re.compile(rf"(?!multipart/|message/){_TOKEN}/{_TOKEN}")


def _plain_filename(value: str) -> str:
    length = len(value.encode())
    if _SEPARATORS.search(value) or not value.strip(" ."):
        detail = "filename holds a path separator, or nothing but dots and spaces: give the file's bare name"
        raise problem(Slug.INVALID_FILENAME, "filename", detail)
    if length > FILENAME_BYTES:
        detail = f"filename is {length:,} bytes long in UTF-8; it may have {FILENAME_BYTES}"
        raise problem(Slug.INVALID_FILENAME, "filename", detail)
    return value


def _media_type(value: str) -> str:
    """Refuse composite types too: their content would be read as further parts of the mail."""
    lowered = value.lower()
    if not _MEDIA_TYPE.fullmatch(lowered):
        detail = "content_type is not a media type such as application/pdf (no parameters, no multipart or message)"
        raise problem(Slug.INVALID_CONTENT_TYPE, "content_type", detail)
    return lowered


def _base64(value: str) -> str:
    decoded(value, "content")
    return value


class AttachmentIn(StrictIn):
    """A file that comes with the mail."""

    filename: Annotated[str, HEADER, AfterValidator(_plain_filename)]
    content_type: Annotated[str, AfterValidator(_media_type)]
    content: Annotated[str, AfterValidator(_base64)] = Field(description="Standard base64, without line breaks.")

    @property
    def size(self) -> int:
        """Bytes of the file itself."""
        return len(self.content) // 4 * 3 - self.content[-2:].count("=")
