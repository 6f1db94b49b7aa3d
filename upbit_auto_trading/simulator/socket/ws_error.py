"""The errors of the WebSocket protocol, with the texts Upbit uses."""

import json
from typing import Final

_TEXTS: Final = {
    "NO_TICKET": "티켓이 존재하지 않거나, 유효하지 않습니다.",
    "NO_TYPE": "type 필드가 존재하지 않습니다.",
    "NO_CODES": "codes 필드가 존재하지 않습니다.",
    "WRONG_FORMAT": "Format 이 맞지 않습니다.",
    "INVALID_AUTH": "인증 정보가 올바르지 않습니다.",
    "TOO_MANY_REQUEST": "요청 수 제한을 초과했습니다.",
}


class StreamRequestError(ValueError):
    """A request the exchange refuses: it sends `frame` and closes with 1000.

    `name` is Upbit's; without `message` the usual text of that name is sent.
    """

    def __init__(self, name: str, message: str | None = None) -> None:
        self.name = name
        self.message = _TEXTS.get(name, name) if message is None else message
        super().__init__(f"{name}: {self.message}")

    @property
    def frame(self) -> bytes:
        """The error frame's payload."""
        error = {"name": self.name, "message": self.message}
        return json.dumps({"error": error}, ensure_ascii=False, separators=(",", ":")).encode()


def unsupported_type(name: object) -> StreamRequestError:
    """Return the error for a stream type this endpoint doesn't have."""
    return StreamRequestError("INVALID_PARAM", f"{_spelled(name)} 은 지원하지 않는 타입입니다.")


def unsupported_value(value: object) -> StreamRequestError:
    """Return the error for a value that is none of those a field may have."""
    return StreamRequestError("INVALID_PARAM", f"{_spelled(value)} 은 지원하지 않는 값입니다.")


def _spelled(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
