"""Parameters of a private request, wherever the client put them, and what it may have hashed."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus, urlencode

from upbit_auto_trading.simulator.account.exchange_errors import ExchangeError

_DEEPEST = 10
_TRUE = {"true": True, "false": False}


class _Spelling(str):
    """A JSON number as the client spelled it: `1.0` and `1.00` hash differently."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Parameters:
    """Names and values in the order sent; a list holds its name once for each value.

    `hashed` are the texts whose SHA-512 the token may carry: clients differ in encoding.
    """

    pairs: tuple[tuple[str, str | None], ...] = ()
    hashed: frozenset[str] = field(default_factory=frozenset)

    def __bool__(self) -> bool:
        return bool(self.pairs)

    def text(self, name: str) -> str | None:
        """Return the value, or None where it is absent, null or empty."""
        return next((value for key, value in self.pairs if key == name and value), None)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list's values, sent as `name[]=a&name[]=b` or `name=a&name=b`."""
        names = (name, f"{name}[]")
        return tuple(value for key, value in self.pairs if key in names and value)

    def commas(self, name: str) -> tuple[str, ...]:
        """Return the parts of a comma list."""
        return tuple(part for text in self.texts(name) for part in text.split(",") if part)

    def whole(self, name: str, default: int, highest: int) -> int:
        """Return a positive whole number, cut to `highest`.

        Raises:
            ExchangeError: invalid_parameter, when it isn't one.
        """
        text = self.text(name)
        if text is None:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) < 1:
            raise ExchangeError("invalid_parameter")
        return min(int(text), highest)

    def choice(self, name: str, default: str, allowed: Iterable[str]) -> str:
        """Return one of `allowed`.

        Raises:
            ExchangeError: invalid_parameter, when it is something else.
        """
        text = self.text(name) or default
        if text not in allowed:
            raise ExchangeError("invalid_parameter")
        return text

    def flag(self, name: str) -> bool:
        """Return a `true`/`false` value, false when absent.

        Raises:
            ExchangeError: invalid_parameter, when it is something else.
        """
        text = self.text(name)
        if text is None:
            return False
        if text not in _TRUE:
            raise ExchangeError("invalid_parameter")
        return _TRUE[text]

    def matches(self, query_hash: str) -> bool:
        """Whether the token's hash is the one of a string these parameters stand for."""
        wanted = query_hash.lower()
        return any(hashlib.sha512(text.encode()).hexdigest() == wanted for text in self.hashed)


def from_query(query: str) -> Parameters:
    """Return the parameters of a query string or a form body, still URL-encoded."""
    pairs = tuple(parse_qsl(query, keep_blank_values=True))
    filled = "&".join(part for part in query.split("&") if part.partition("=")[2])
    candidates: set[str] = set()
    for text in (query, filled):
        candidates |= {
            text,
            unquote(text),
            unquote_plus(text),
            text.replace("%5B%5D=", "[]="),
        }
    return Parameters(pairs, frozenset(candidates) if pairs else frozenset())


def from_json(body: bytes) -> Parameters:
    """Return the parameters of a JSON body.

    Raises:
        ExchangeError: invalid_parameter, when the body isn't a JSON object.
    """
    try:
        document = json.loads(
            body, parse_float=_Spelling, parse_int=_Spelling, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError):
        raise ExchangeError("invalid_parameter") from None
    if not isinstance(document, dict):
        raise ExchangeError("invalid_parameter")
    pairs = tuple(_flatten(document))
    _check_encodable(pairs)
    filled = tuple((key, value) for key, value in pairs if value)
    candidates: set[str] = set()
    for chosen in (pairs, filled):
        raw = "&".join(f"{key}={'' if value is None else value}" for key, value in chosen)
        form = urlencode([(key, "" if value is None else value) for key, value in chosen])
        candidates |= {raw, unquote(form), form.replace("%5B%5D=", "[]=")}
    return Parameters(pairs, frozenset(candidates) if pairs else frozenset())


def _refuse_constant(text: str) -> float:
    raise ValueError(text)


def _check_encodable(pairs: Iterable[tuple[str, str | None]]) -> None:
    """Refuse half characters: JSON can spell them, but no answer could repeat them."""
    try:
        for key, value in pairs:
            f"{key}{value}".encode()
    except UnicodeEncodeError:
        raise ExchangeError("invalid_parameter") from None


def _flatten(
    document: Mapping[str, Any], outer: str = "", depth: int = 0
) -> Iterable[tuple[str, str | None]]:
    for key, value in document.items():
        name = f"{outer}[{key}]" if outer else key
        yield from _named(name, value, depth)


def _named(name: str, value: Any, depth: int) -> Iterable[tuple[str, str | None]]:
    if depth > _DEEPEST:
        raise ExchangeError("invalid_parameter")
    if isinstance(value, dict):
        yield from _flatten(value, name, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _named(name if name.endswith("[]") else f"{name}[]", item, depth + 1)
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif value is None:
        yield name, None
    else:
        yield name, str(value)
