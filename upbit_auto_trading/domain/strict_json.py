"""JSON from strangers, read within limits and without recursion; every refusal has a path.

Nothing is built before its limits are checked, so a hostile document costs no more than the
first offence in it.
"""

import json
import re
from math import isfinite
from typing import Any, Final

from upbit_auto_trading.domain.document import DocumentProblem, InvalidDocumentError

MAX_BYTES: Final = 1_000_000
MAX_DEPTH: Final = 20
MAX_VALUES: Final = 20_000
MAX_TEXT: Final = 2_000
_MAX_NUMBER: Final = 40

_PIECE: Final = re.compile(
    r'[ \t\r\n]*(?:(?P<text>"(?:[^"\\\x00-\x1f]++|\\.)*+")'
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![0-9.eE+-]))"
    r"|(?P<word>true|false|null|NaN|-?Infinity)"
    r"|(?P<mark>[\[\]{},:])"
    r"|(?P<end>\Z))"
)
_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}


def read_json(document: str | bytes) -> Any:
    """Return the value a JSON document holds.

    Raises:
        InvalidDocumentError: not JSON, or beyond `MAX_BYTES`, `MAX_DEPTH`, `MAX_VALUES` or
            `MAX_TEXT`; a repeated key; a number that isn't finite.
    """
    if len(document) > MAX_BYTES or (
        isinstance(document, str) and len(document.encode(errors="replace")) > MAX_BYTES
    ):
        raise InvalidDocumentError("", DocumentProblem.TOO_LARGE, f"at most {MAX_BYTES} bytes")
    if isinstance(document, bytes):
        try:
            document = document.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InvalidDocumentError("", DocumentProblem.NOT_JSON, "UTF-8 text") from None
    return _Reader(document).read()


class _Reader:
    """A parser with a stack of its own: open containers, and the key each is waiting for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._values = 0
        self._open: list[list[Any] | dict[str, Any]] = []
        self._keys: list[str | None] = []

    def read(self) -> Any:
        root: list[Any] = []
        self._begin(root)
        while True:
            if not self._open:
                kind, _ = self._next()
                if kind != "end":
                    raise self._broken("nothing after the value")
                return root[0]
            self._step(root)

    def _begin(self, root: list[Any]) -> None:
        kind, piece = self._next()
        self._value(kind, piece, root)

    def _step(self, root: list[Any]) -> None:
        container = self._open[-1]
        kind, piece = self._next()
        if piece == ("}" if isinstance(container, dict) else "]") and kind == "mark":
            self._close()
            return
        if container:
            if piece != "," or kind != "mark":
                raise self._broken("a comma or the end of it")
            kind, piece = self._next()
        if isinstance(container, dict):
            kind, piece = self._key(kind, piece, container)
        self._value(kind, piece, root)

    def _key(self, kind: str, piece: str, container: dict[str, Any]) -> tuple[str, str]:
        if kind != "text":
            raise self._broken("a name in quotes")
        name = self._string(piece)
        self._keys[-1] = name
        if name in container:
            raise InvalidDocumentError(self._path(), DocumentProblem.DUPLICATE, "each name once")
        if self._next() != ("mark", ":"):
            raise self._broken("a colon")
        return self._next()

    def _value(self, kind: str, piece: str, root: list[Any]) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            expected = f"at most {MAX_VALUES} values"
            raise InvalidDocumentError(self._path(), DocumentProblem.TOO_MANY, expected)
        if kind == "mark" and piece in "[{":
            fresh: list[Any] | dict[str, Any] = [] if piece == "[" else {}
            if len(self._open) == MAX_DEPTH:
                expected = f"at most {MAX_DEPTH} levels"
                raise InvalidDocumentError(self._path(), DocumentProblem.TOO_DEEP, expected)
            self._put(fresh, root)
            self._open.append(fresh)
            self._keys.append(None)
        elif kind == "text":
            self._put(self._string(piece), root)
        elif kind == "number":
            self._put(self._number(piece), root)
        elif kind == "word":
            if piece not in _WORDS:
                raise InvalidDocumentError(
                    self._path(), DocumentProblem.NOT_FINITE, "a finite number"
                )
            self._put(_WORDS[piece], root)
        else:
            raise self._broken("a value")

    def _put(self, value: Any, root: list[Any]) -> None:
        if not self._open:
            root.append(value)
            return
        container = self._open[-1]
        if isinstance(container, dict):
            container[str(self._keys[-1])] = value
        else:
            container.append(value)

    def _close(self) -> None:
        self._open.pop()
        self._keys.pop()

    def _string(self, piece: str) -> str:
        if len(piece) > MAX_TEXT * 6 + 2:
            raise self._long()
        try:
            text: str = json.loads(piece)
        except ValueError:
            raise self._broken("a text with valid escapes") from None
        if len(text) > MAX_TEXT:
            raise self._long()
        if any("\ud800" <= letter <= "\udfff" for letter in text):
            raise self._broken("a text of whole characters")
        return text

    def _number(self, piece: str) -> float:
        if len(piece) > _MAX_NUMBER:
            raise InvalidDocumentError(
                self._path(), DocumentProblem.TOO_LONG, f"at most {_MAX_NUMBER} digits"
            )
        if piece.lstrip("-").isdigit():
            return int(piece)
        value = float(piece)
        if not isfinite(value):
            raise InvalidDocumentError(self._path(), DocumentProblem.NOT_FINITE, "a finite number")
        return value

    def _next(self) -> tuple[str, str]:
        found = _PIECE.match(self._text, self._place)
        if found is None:
            raise self._broken("a value")
        self._place = found.end()
        kind = str(found.lastgroup)
        return kind, found[kind]

    def _long(self) -> InvalidDocumentError:
        expected = f"at most {MAX_TEXT} characters"
        return InvalidDocumentError(self._path(), DocumentProblem.TOO_LONG, expected)

    def _broken(self, expected: str) -> InvalidDocumentError:
        line = self._text.count("\n", 0, self._place) + 1
        return InvalidDocumentError(
            self._path(), DocumentProblem.NOT_JSON, f"{expected} (line {line})"
        )

    def _path(self) -> str:
        """Return the path of the value being read."""
        path = ""
        innermost = len(self._open) - 1
        for level, (container, key) in enumerate(zip(self._open, self._keys, strict=True)):
            if isinstance(container, dict):
                path += ("." if path and key is not None else "") + (key or "")[:80]
            else:
                # The containers round the innermost one already hold what is being read.
                path += f"[{len(container) - (level < innermost)}]"
        return path
