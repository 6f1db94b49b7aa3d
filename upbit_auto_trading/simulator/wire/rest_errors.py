"""Errors of the quotation API: integer names, English texts, as measured."""

import json
from typing import Final

_TEXTS: Final = {
    "missing": "Missing request parameter error. Check the required parameters!",
    "mismatch": "Type mismatch error. Check the parameters type!",
    "invalid": "Invalid parameter. Check the given value!",
}


class QuotationError(Exception):
    """A quotation request that is answered with an error body.

    `name` is what stands in the body: the status as a number, or a gateway's word.
    """

    def __init__(self, status: int, name: int | str, message: str) -> None:
        self.status = status
        self.name = name
        self.message = message
        super().__init__(f"{status} {name}: {message}")

    @property
    def body(self) -> bytes:
        """The JSON body."""
        error = {"name": self.name, "message": self.message}
        return json.dumps({"error": error}, ensure_ascii=False, separators=(",", ":")).encode()


def bad_request(kind: str) -> QuotationError:
    """Return the 400 of a `missing` parameter, a wrong type (`mismatch`) or an `invalid` value."""
    return QuotationError(400, 400, _TEXTS[kind])


def code_not_found() -> QuotationError:
    """Return the 404 of a market that isn't listed; one fails the whole call."""
    return QuotationError(404, 404, "Code not found")


def no_route() -> QuotationError:
    """Return the gateway's 404 of an unknown path."""
    return QuotationError(404, "not_found", "no Route matched with those values")


TOO_MANY_REQUESTS_TEXT: Final = "Too many API requests."


def blocked_body(seconds: float) -> bytes:
    """Return the body of a 418: the block's length stands in its text."""
    message = f"Too many API requests. Blocked for {max(round(seconds), 1)} seconds."
    error = {"name": "too_many_requests", "message": message}
    return json.dumps({"error": error}, separators=(",", ":")).encode()
