"""Every way in which a request body can be wrong beyond its shape, each with a stable word.

Shape (a missing or unknown field, a number where text belongs) is pydantic's own list of error types; what a
vendor or the law of mail forbids is this one. `api.errors` gives each word its seven-digit code and its Korean
sentence, so a word may be added but never renamed. It must not know any body.
"""

from enum import StrEnum
from typing import Final

from pydantic_core import PydanticCustomError


class Slug(StrEnum):
    """The `type` of an error in a body."""

    # characters
    NULL_BYTE = "null_byte"
    LONE_SURROGATE = "lone_surrogate"
    CONTROL_CHARACTER = "control_character"
    HEADER_INJECTION = "header_injection"
    NOT_CP949 = "not_cp949"
    # lengths and contents
    TEXT_MISSING = "text_missing"
    TEXT_TOO_LONG = "text_too_long"
    SUBJECT_TOO_LONG = "subject_too_long"
    INVALID_URL = "invalid_url"
    INVALID_REFERENCE = "invalid_reference"
    NOT_BASE64 = "not_base64"
    # moments
    INVALID_MOMENT = "invalid_moment"
    MOMENT_PAST = "moment_past"
    TOO_FAR_AHEAD = "too_far_ahead"
    EXPIRES_BEFORE_SEND = "expires_before_send"
    # SOLAPI
    INVALID_PHONE = "invalid_phone"
    INVALID_SENDER = "invalid_sender"
    SENDER_MISSING = "sender_missing"
    INVALID_COUNTRY = "invalid_country"
    TYPE_CONFLICT = "type_conflict"
    ONE_IMAGE = "one_image"
    NOT_JPEG = "not_jpeg"
    IMAGE_TOO_LARGE = "image_too_large"
    INVALID_VARIABLE = "invalid_variable"
    LINK_MISSING = "link_missing"
    # Kakao
    ONE_CONTENT = "one_content"
    ARGS_WITHOUT_TEMPLATE = "args_without_template"
    DUPLICATE_RECEIVER = "duplicate_receiver"
    # mail
    INVALID_ADDRESS = "invalid_address"
    TOO_MANY_RECIPIENTS = "too_many_recipients"
    CONTENT_MISSING = "content_missing"
    INVALID_FILENAME = "invalid_filename"
    INVALID_CONTENT_TYPE = "invalid_content_type"
    ATTACHMENTS_TOO_LARGE = "attachments_too_large"
    # batches
    VARIABLE_MISSING = "variable_missing"
    NOT_IN_BATCH = "not_in_batch"


SLUGS: Final[frozenset[str]] = frozenset(slug.value for slug in Slug)


def problem(slug: Slug, field: str, detail: str) -> PydanticCustomError:
    """Make the error to raise from a validator.

    `detail` is English, for the developer, and never holds a recipient, a body or more of a text than its one
    offending character. `field` also travels in the error's `ctx`: an error that concerns several fields has no
    `loc` of its own.
    """
    return PydanticCustomError(slug.value, detail, {"field": field})
