"""A person's place in a mail: an address, and a name beside it.

Addresses leave here in pure ASCII (the domain in IDNA), since neither SES nor every mail server takes more; a name may
hold anything that cannot break out of a header. It must not know who sends the mail.
"""

from typing import Annotated, Final

import email_validator
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from api.schemas.problems import Slug, problem
from api.schemas.sending import StrictIn
from api.schemas.text import HEADER, named

ADDRESS_CHARACTERS: Final = 254


def _ascii_address(value: str, info: ValidationInfo) -> str:
    try:
        address = email_validator.validate_email(value, check_deliverability=False, allow_smtputf8=False).ascii_email
    except email_validator.EmailNotValidError:
        address = None
    if address is None or len(address) > ADDRESS_CHARACTERS:
        detail = f"{named(info)} is not a mail address that can be sent to (what stands before the @ must be ASCII)"
        # None of the library's own words: they quote the address.
        raise problem(Slug.INVALID_ADDRESS, named(info), detail)
    return address


class MailboxIn(StrictIn):
    """An address and, if wanted, the name to show."""

    email: Annotated[str, Field(max_length=320), HEADER, AfterValidator(_ascii_address)]
    name: Annotated[str, Field(min_length=1, max_length=128), HEADER] | None = None


def _spelled_out(value: object) -> object:
    return {"email": value} if isinstance(value, str) else value


AnyMailboxIn = Annotated[MailboxIn, BeforeValidator(_spelled_out, json_schema_input_type=str | MailboxIn)]
"""A bare address, or an address with a name."""
