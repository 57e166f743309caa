"""Who consents at an imitated login server: an address, and the number by which a vendor knows its owner.

Nobody registers in the sandbox: whoever has an address is a person, the same one each time, also after a restart. It
must know no vendor.
"""

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Person:
    """One person.

    Attributes:
        verified: the vendor has made sure that the address is this person's.
    """

    email: str = field(repr=False)
    verified: bool = True

    def number(self, vendor: str, digits: int) -> int:
        """Give a vendor's number of this person: of exactly so many digits, and no other vendor's."""
        digest = hashlib.sha256(f"{vendor} {self.email.casefold()}".encode()).digest()
        smallest: int = 10 ** (digits - 1)
        return smallest + int.from_bytes(digest) % (9 * smallest)
