"""What the user chooses and what can be wrong with it: checked values, plain data in and out."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.domain.chart_choices import (
    ChartChoices,
    InvalidChoicesError,
    choices_from,
)
from upbit_auto_trading.domain.chart_drawing import (
    Drawing,
    InvalidDrawingError,
    drawing_from,
)
from upbit_auto_trading.domain.market import InvalidMarketError, parse_market
from upbit_auto_trading.domain.timeframe import InvalidTimeframeError, parse_timeframe

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES: Final = ("ko", "en")
THEMES: Final = ("dark", "light")
SCHEMES: Final = ("korean", "western", "colour_blind")
START_SCREENS: Final = (
    "chart",
    "market",
    "trigger",
    "strategy",
    "backtest",
    "account",
    "metrics",
    "log",
    "settings",
)
BOOK_LEVELS: Final = (15, 30)
PATIENCE: Final = ("short", "usual", "long")
SCALES: Final = (100, 200)
MOST_FAVOURITES: Final = 300
MOST_LAYOUTS: Final = 30
MOST_DRAWINGS: Final = 500
COACH_STEPS: Final = ("market", "rules", "preview", "paper")
SHIPPED_LAYOUTS: Final = ("default", "scalping", "writing")
LONGEST_NAME: Final = 40
_LONGEST_STATE: Final = 20_000
_GROUPINGS: Final = (1, 1_000_000)
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
class NamedLayout:
    """An arrangement of panes the user has named; `state` is the window's text for it."""

    name: str
    state: str

    def __post_init__(self) -> None:
        _check_text("layouts.name", self.name, LONGEST_NAME)
        if not self.name.strip() or self.name in SHIPPED_LAYOUTS:
            raise InvalidSettingError("layouts.name", self.name, "a name of its own")
        _check_text("layouts.state", self.state, _LONGEST_STATE)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user has chosen. `scale` is percent; `window` is None until it was closed once.

    `layout` is the arrangement chosen last, one of `SHIPPED_LAYOUTS` or a name of `layouts`;
    `arrangement` is how the panes stood, empty where just as `layout` has them. `coach_done` are
    the first steps that were taken, of `COACH_STEPS`. `book_grouping` counts price steps that
    are one level of the order book. `patience` is how long an answer is waited for.

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
    layouts: tuple[NamedLayout, ...] = ()
    layout: str = SHIPPED_LAYOUTS[0]
    arrangement: str = ""
    coach_done: tuple[str, ...] = ()
    coach_is_closed: bool = False
    chart: ChartChoices = field(default_factory=ChartChoices)
    drawings: tuple[Drawing, ...] = ()
    start_screen: str = START_SCREENS[0]
    book_levels: int = BOOK_LEVELS[0]
    book_grouping: int = 1
    patience: str = PATIENCE[1]

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
        _check_layouts(self.layouts)
        _check_flag("coach_is_closed", self.coach_is_closed)
        _check_steps(self.coach_done)
        _check_text("layout", self.layout, LONGEST_NAME)
        _check_text("arrangement", self.arrangement, _LONGEST_STATE)
        if not isinstance(self.chart, ChartChoices):
            raise InvalidSettingError("chart", self.chart, "indicators and a scale")
        _check_drawings(self.drawings)
        _check_one_of("start_screen", self.start_screen, START_SCREENS)
        _check_one_of("book_levels", self.book_levels, BOOK_LEVELS)
        _check_whole("book_grouping", self.book_grouping, _GROUPINGS)
        _check_one_of("patience", self.patience, PATIENCE)


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
    """A part of the data folder (`upbit`, `simulator`, `custom-…`, `logs`) and its bytes.

    `databases` are those in it by name, each with what it takes together with its journals.
    """

    name: str
    size: int
    databases: tuple[tuple[str, int], ...] = ()


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
    if isinstance(value, (ChartChoices, Drawing)):
        return value.plain()
    if isinstance(value, (WindowPlace, NamedLayout)):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    return [plain_value(one) for one in value] if isinstance(value, tuple) else value


def _from_plain(name: str, value: Any) -> Any:
    if name == "window" and value is not None:
        try:
            return WindowPlace(**value)
        except TypeError:
            raise InvalidSettingError(name, value, "a place and a size") from None
    if name in ("favourites", "coach_done") and isinstance(value, list):
        return tuple(value)
    if name == "chart":
        try:
            return choices_from(value)
        except InvalidChoicesError as error:
            raise InvalidSettingError(name, value, error.field) from None
    if name == "drawings" and isinstance(value, list):
        try:
            return tuple(drawing_from(one) for one in value)
        except InvalidDrawingError as error:
            raise InvalidSettingError(name, value, error.field) from None
    if name == "layouts" and isinstance(value, list):
        try:
            return tuple(NamedLayout(**one) for one in value)
        except TypeError:
            raise InvalidSettingError(name, value, "names with their arrangements") from None
    return value


def _check_one_of(name: str, value: object, allowed: tuple[str, ...] | tuple[int, ...]) -> None:
    if isinstance(value, bool) or value not in allowed:
        raise InvalidSettingError(name, value, "one of " + ", ".join(map(str, allowed)))


def _check_whole(name: str, value: object, limits: tuple[int, int]) -> None:
    lowest, highest = limits
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if not is_whole or not lowest <= value <= highest:  # type: ignore[operator]  # whole
        raise InvalidSettingError(name, value, f"a whole number from {lowest} to {highest}")


def _check_flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise InvalidSettingError(name, value, "true or false")


def _check_text(name: str, value: object, longest: int) -> None:
    if not isinstance(value, str) or len(value) > longest or not value.isprintable():
        raise InvalidSettingError(name, value, f"at most {longest} printable characters")


def _check_steps(steps: object) -> None:
    if not isinstance(steps, tuple) or any(one not in COACH_STEPS for one in steps):
        raise InvalidSettingError("coach_done", steps, "some of " + ", ".join(COACH_STEPS))


def _check_layouts(layouts: object) -> None:
    is_fitting = isinstance(layouts, tuple) and len(layouts) <= MOST_LAYOUTS
    if not is_fitting or not all(isinstance(one, NamedLayout) for one in layouts):  # type: ignore[attr-defined]  # a tuple
        raise InvalidSettingError("layouts", layouts, f"at most {MOST_LAYOUTS} arrangements")
    names = [one.name for one in layouts]  # type: ignore[attr-defined]  # likewise
    if len(set(names)) != len(names):
        raise InvalidSettingError("layouts", layouts, "each name once")


def _check_drawings(drawings: object) -> None:
    is_fitting = isinstance(drawings, tuple) and len(drawings) <= MOST_DRAWINGS
    if not is_fitting or not all(isinstance(one, Drawing) for one in drawings):  # type: ignore[attr-defined]  # a tuple
        raise InvalidSettingError("drawings", drawings, f"at most {MOST_DRAWINGS} lines")


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
