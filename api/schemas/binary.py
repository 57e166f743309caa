"""Bytes inside JSON: base64, read strictly. It must not know what the bytes are for."""

import base64
import binascii

from api.schemas.problems import Slug, problem


def decoded(value: str, field: str) -> bytes:
    """Decode standard base64.

    Raises:
        PydanticCustomError: `not_base64` for a line break, another alphabet, missing padding or a data: prefix.
    """
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        detail = f"{field} is not standard base64 (with padding, without line breaks or a data: prefix)"
        raise problem(Slug.NOT_BASE64, field, detail) from None
