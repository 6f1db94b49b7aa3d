"""What the user chooses and what can be wrong with it: checked values, plain data in and out."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.domain.market import InvalidMarketError, parse_market
from upbit_auto_trading.domain.timeframe import InvalidTimeframeError, parse_timeframe

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES: Final = ("ko", "en")
THEMES: Final = ("dark", "light")
SCHEMES: Final = ("korean", "western", "colour_blind")
SCALES: Final = (100, 200)
MOST_FAVOURITES: Final = 300
_SIZES: Final = (200, 20_000)
_PLACES: Final = (-40_000, 40_000)


class InvalidSettingError(ValueError):
    """A setting's value is outside its limit; `limit` says what it may be."""

    def __init__(self, name: str, value: object, limit: str) -> None:
        super().__init__(f"{name} is {value!r}; it has to be {limit}")
        self.name = name
        self.value = value
        self.limit = limit


@dataclass(frozen=True, slots=True)
class WindowPlace:
    """Where the window stood, in pixels of the desktop; the size is the one before maximising."""

    x: int
    y: int
    width: int
    height: int
    is_maximised: bool = False

    def __post_init__(self) -> None:
        for name, limits in (("x", _PLACES), ("y", _PLACES), ("width", _SIZES), ("height", _SIZES)):
            _check_whole(f"window.{name}", getattr(self, name), limits)
        _check_flag("window.is_maximised", self.is_maximised)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user has chosen. `scale` is percent; `window` is None until it was closed once.

    Raises:
        InvalidSettingError: a value is outside its limit.
    """

    language: str = "ko"
    theme: str = "dark"
    scheme: str = "korean"
    scale: int = 100
    reduced_motion: bool = False
    market: str = "KRW-BTC"
    timeframe: str = "1m"
    window: WindowPlace | None = None
    rail_is_narrow: bool = False
    favourites: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_one_of("language", self.language, LANGUAGES)
        _check_one_of("theme", self.theme, THEMES)
        _check_one_of("scheme", self.scheme, SCHEMES)
        _check_whole("scale", self.scale, SCALES)
        _check_flag("reduced_motion", self.reduced_motion)
        _check_flag("rail_is_narrow", self.rail_is_narrow)
        _check_market("market", self.market)
        try:
            parse_timeframe(self.timeframe)
        except (InvalidTimeframeError, TypeError, AttributeError):
            raise InvalidSettingError("timeframe", self.timeframe, "one of Upbit's") from None
        if self.window is not None and not isinstance(self.window, WindowPlace):
            raise InvalidSettingError("window", self.window, "a place and a size")
        _check_favourites(self.favourites)


class SettingsTrouble(StrEnum):
    """What can be wrong with what is kept."""

    DAMAGED = "damaged"
    TOO_NEW = "too_new"
    UNUSABLE = "unusable"
    INVALID = "invalid"
    NOT_SAVED = "not_saved"


@dataclass(frozen=True, slots=True)
class SettingsProblem:
    """One trouble; `detail` names the file set aside, the field and its limit, or the cause."""

    trouble: SettingsTrouble
    detail: str


@dataclass(frozen=True, slots=True)
class KeptSettings:
    """What was found: plain values by name, and why some or all of them are missing."""

    values: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[SettingsProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class FolderUse:
    """A part of the data folder (`upbit`, `simulator`, `custom-…`, `logs`) and its bytes."""

    name: str
    size: int


class SettingsNotSavedError(Exception):
    """The settings can't be written now; `detail` is the system's reason."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"the settings can't be written: {detail}")
        self.detail = detail


def settings_of(values: Mapping[str, Any]) -> tuple[Settings, list[SettingsProblem]]:
    """Return settings from plain values; what doesn't fit keeps its default and is told."""
    settings, problems = Settings(), []
    for one in fields(Settings):
        if one.name not in values:
            continue
        try:
            settings = replace(settings, **{one.name: _from_plain(one.name, values[one.name])})
        except InvalidSettingError as error:
            detail = f"{error.name}: {error.limit}"
            problems.append(SettingsProblem(SettingsTrouble.INVALID, detail))
    return settings, problems


def plain_value(value: Any) -> Any:
    """Return a setting's value as plain data."""
    if isinstance(value, WindowPlace):
        return {one.name: getattr(value, one.name) for one in fields(WindowPlace)}
    return list(value) if isinstance(value, tuple) else value


def _from_plain(name: str, value: Any) -> Any:
    if name == "window" and value is not None:
        try:
            return WindowPlace(**value)
        except TypeError:
            raise InvalidSettingError(name, value, "a place and a size") from None
    if name == "favourites" and isinstance(value, list):
        return tuple(value)
    return value


def _check_one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InvalidSettingError(name, value, "one of " + ", ".join(allowed))


def _check_whole(name: str, value: object, limits: tuple[int, int]) -> None:
    lowest, highest = limits
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not lowest <= value <= highest:  # type: ignore[operator]  # whole
        raise InvalidSettingError(name, value, f"a whole number from {lowest} to {highest}")


def _check_flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise InvalidSettingError(name, value, "true or false")


def _check_market(name: str, value: object) -> None:
    try:
        parse_market(value if isinstance(value, str) else "")
    except InvalidMarketError:
        raise InvalidSettingError(name, value, "a market's code such as KRW-BTC") from None


def _check_favourites(markets: object) -> None:
    if not isinstance(markets, tuple) or len(markets) > MOST_FAVOURITES:
        limit = f"at most {MOST_FAVOURITES} markets"
        raise InvalidSettingError("favourites", markets, limit)
    for market in markets:
        _check_market("favourites", market)
    if len(set(markets)) != len(markets):
        raise InvalidSettingError("favourites", markets, "each market once")
