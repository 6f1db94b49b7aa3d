"""Which exchange the application speaks to, and what happened on the way there."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit


class EndpointKind(StrEnum):
    """Whose market data is shown. Anything but UPBIT is training."""

    UPBIT = "upbit"
    SIMULATOR = "simulator"
    CUSTOM = "custom"


class ConnectionNotice(StrEnum):
    """What the user has to know about how the endpoint was chosen."""

    NONE = "none"
    UPBIT_UNREACHABLE = "upbit_unreachable"


@dataclass(frozen=True, slots=True)
class ExchangeEndpoint:
    """Base addresses of one exchange: REST without `/v1`, WebSocket with its whole path."""

    kind: EndpointKind
    rest_url: str
    ws_url: str

    @property
    def host(self) -> str:
        """`host:port` as the mode bar shows it."""
        return urlsplit(self.rest_url).netloc


class InvalidEndpointError(ValueError):
    """An address that can't be an exchange's."""

    def __init__(self, option: str, url: str, schemes: tuple[str, ...]) -> None:
        wanted = " or ".join(f"{scheme}://host[:port]" for scheme in schemes)
        super().__init__(f"{option}: {url!r} is not an address like {wanted}")
        self.option = option
        self.url = url


def checked_url(option: str, url: str, schemes: tuple[str, ...]) -> str:
    """Return `url` without a trailing slash if it names a host over one of `schemes`.

    Raises:
        InvalidEndpointError: it doesn't.
    """
    try:
        parts = urlsplit(url)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        raise InvalidEndpointError(option, url, schemes) from None
    if parts.scheme not in schemes or not parts.hostname or not port_is_valid:
        raise InvalidEndpointError(option, url, schemes)
    return url.rstrip("/")
