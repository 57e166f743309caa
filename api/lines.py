"""Lines of an upload: pieces of bytes in, lines of text out, never more than a piece and a line in memory.

The hash of everything that was handed out so far is kept beside them: it says whether a later upload begins in the same
way, and in the end whether it is the one that was signed.
"""

import codecs
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

MOST_LINE: Final = 128 * 1024


class LineTooLong(Exception):  # noqa: N818 - the name says what happened
    """A line that nobody would write: probably the upload has no line breaks at all."""


class Lines:
    """Text lines of a stream of bytes, each with its line break.

    Attributes:
        number: of the line that came last, from 1.
        encoding: what the bytes are read as.
    """

    def __init__(self, pieces: Iterator[bytes], encoding: str = "utf-8", start: bytes = b"") -> None:
        """Take the pieces, their coding, and what the hash begins with.

        Raises:
            LookupError: nobody knows this coding.
        """
        self.encoding = codecs.lookup(encoding).name
        self.number = 0
        self._pieces = pieces
        self._hash = sha256(start)
        self._lines = self._decoded()
        self._broken = False

    def __iter__(self) -> Iterator[str]:
        """Hand out the lines that are left."""
        return self._lines

    def take_broken(self) -> bool:
        """Whether a line since the last question was not of this coding; it came with marks in place of its bytes."""
        broken, self._broken = self._broken, False
        return broken

    def digest(self) -> bytes:
        """SHA-256 of the start and of every line that was handed out."""
        return self._hash.copy().digest()

    def _decoded(self) -> Iterator[str]:
        for raw in self._raw():
            self.number += 1
            self._hash.update(raw)
            # Excel marks UTF-8 by three bytes that belong to no cell.
            line = raw.removeprefix(codecs.BOM_UTF8) if self.number == 1 else raw
            try:
                yield line.decode(self.encoding)
            except UnicodeDecodeError:
                self._broken = True
                yield line.decode(self.encoding, "replace")

    def _raw(self) -> Iterator[bytes]:
        rest = b""
        for piece in self._pieces:
            lines = (rest + piece).split(b"\n")
            rest = lines.pop()
            for line in lines:
                yield line + b"\n"
            if len(rest) > MOST_LINE:
                raise LineTooLong
        if rest:
            yield rest
