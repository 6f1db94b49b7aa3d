"""Variables: everything a condition can read, what its numbers mean and what they need."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from upbit_auto_trading.domain.expression import (
    Bar,
    Parameters,
    ParameterValue,
    VariableOperand,
)
from upbit_auto_trading.domain.timeframe import TIMEFRAMES

PERCENT_TOLERANCE: Final = 1e-9


class Unit(StrEnum):
    """What a variable's number counts. INDEX is a bounded scale such as 0–100."""

    PRICE = "price"
    PERCENT = "percent"
    INDEX = "index"
    CENTRED = "centred"
    QUANTITY = "quantity"
    MONEY = "money"
    COUNT = "count"
    MINUTES = "minutes"
    HOUR = "hour"
    WEEKDAY = "weekday"
    RATIO = "ratio"


# A change of these is told in percent; of the others in points.
PROPORTIONAL: Final = frozenset({Unit.PRICE, Unit.QUANTITY, Unit.MONEY})


class Category(StrEnum):
    """The palette's sections, in its order."""

    PRICE = "price"
    TREND = "trend"
    MOMENTUM = "momentum"
    VOLATILITY = "volatility"
    VOLUME = "volume"
    ORDERBOOK = "orderbook"
    POSITION = "position"
    ACCOUNT = "account"
    TIME = "time"


class Placement(StrEnum):
    """Where a chart draws the variable."""

    OVERLAY = "overlay"
    SUBPLOT = "subplot"
    NONE = "none"


class Need(StrEnum):
    """What must be supplied before the variable has a value."""

    CANDLES = "candles"
    TICKS = "ticks"
    ORDERBOOK = "orderbook"
    POSITION = "position"
    ACCOUNT = "account"
    EVENTS = "events"
    CLOCK = "clock"


class Anchor(StrEnum):
    """What a value depends on besides its newest candle.

    WINDOW: a fixed number of candles, so any start gives it. RUN: every candle since the first
    one supplied. DAY: every candle since the exchange's day began (00:00 UTC). NONE: no candles.
    """

    NONE = "none"
    WINDOW = "window"
    RUN = "run"
    DAY = "day"


class Counted(StrEnum):
    """What a parameter counts."""

    BARS = "bars"
    SECONDS = "seconds"
    FACTOR = "factor"
    LEVELS = "levels"
    WORD = "word"


class ParameterKind(StrEnum):
    """INTEGER and DECIMAL have bounds; CHOICE has a list; RULE names a rule of the strategy."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    CHOICE = "choice"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Words:
    """A text in the two languages of the registry."""

    korean: str
    english: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a CHOICE parameter."""

    value: str
    words: Words


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number or word that completes a variable. Bounds are inclusive."""

    name: str
    words: Words
    kind: ParameterKind
    counts: Counted
    default: ParameterValue
    minimum: float = 0.0
    maximum: float = 0.0
    step: float = 1.0
    choices: tuple[Choice, ...] = ()

    def accepts(self, value: ParameterValue) -> bool:
        """Whether the value has the right kind and lies within the bounds."""
        if self.kind is ParameterKind.CHOICE:
            return any(choice.value == value for choice in self.choices)
        if self.kind is ParameterKind.RULE:
            return isinstance(value, str)
        if isinstance(value, str) or not self.minimum <= value <= self.maximum:
            return False
        return self.kind is ParameterKind.DECIMAL or value == int(value)


WarmUp = tuple[Mapping[str, int], ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """One entry of the registry.

    `words` is its full name, `short` what charts and conditions call it, `label` a pattern in
    which `{period}` stands for a parameter's value, `phrase` is the label inside a sentence. Two
    variables are comparable when unit
    and `family` are equal. `levels` are constants traders compare it with; `average` is the
    variable that is its moving average; `as_change` the one that tells its change in percent.
    `percent_tolerance` marks percentages of the form (price / reference − 1) × 100, which are
    compared with `PERCENT_TOLERANCE` in favour of firing. `warm_up` is the largest of several
    sums of parameters, in candles.
    """

    id: str
    category: Category
    words: Words
    short: Words
    label: Words
    phrase: Words
    help: Words
    unit: Unit
    family: str
    placement: Placement
    needs: frozenset[Need]
    bars: tuple[Bar, ...]
    anchor: Anchor
    minimum: float | None = None
    maximum: float | None = None
    parameters: tuple[Parameter, ...] = ()
    warm_up: WarmUp = ()
    levels: tuple[float, ...] = ()
    average: str | None = None
    as_change: str | None = None
    percent_tolerance: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def has_bars(self) -> bool:
        """Whether it has one value per candle, so a timeframe, an offset and crossings."""
        return bool(self.bars)

    @property
    def is_proportional(self) -> bool:
        """Whether its change is told in percent of the older value."""
        return self.unit in PROPORTIONAL and self.family == self.unit.value

    @property
    def tolerance(self) -> float:
        """How far a value may miss a limit and still meet it."""
        return PERCENT_TOLERANCE if self.percent_tolerance else 0.0


class UnknownVariableError(LookupError):
    """No such variable in the registry."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no variable is called {name!r}")
        self.name = name


class InvalidOperandError(ValueError):
    """An operand its variable doesn't allow; `field` is a path such as `parameters.period`."""

    def __init__(self, name: str, field: str, value: object) -> None:
        super().__init__(f"{name} can't have {field} = {value!r}")
        self.name = name
        self.field = field
        self.value = value


@dataclass(frozen=True, slots=True)
class Reading:
    """A series to be supplied: a variable with all its parameters, on one timeframe and bar."""

    variable: str
    parameters: Parameters
    timeframe: str | None
    bar: Bar


class VariableRegistry:
    """The variables by id, in palette order."""

    def __init__(self, variables: Iterable[Variable]) -> None:
        self._by_id = {variable.id: variable for variable in variables}

    def __getitem__(self, name: str) -> Variable:
        try:
            return self._by_id[name]
        except KeyError:
            raise UnknownVariableError(name) from None

    def __contains__(self, name: object) -> bool:
        return name in self._by_id

    def __iter__(self) -> Iterator[Variable]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def parameters(self, operand: VariableOperand) -> Parameters:
        """Return all parameters of the operand, defaults filled in, in the order of their names."""
        given = dict(operand.parameters)
        return tuple(
            sorted(
                (parameter.name, given.get(parameter.name, parameter.default))
                for parameter in self[operand.variable].parameters
            )
        )

    def reading(self, operand: VariableOperand) -> Reading:
        """Return the series the operand reads.

        Raises:
            UnknownVariableError: the registry has no such variable.
        """
        bar = operand.bar if self[operand.variable].has_bars else Bar.CLOSED
        return Reading(operand.variable, self.parameters(operand), operand.timeframe, bar)

    def warm_up(self, operand: VariableOperand) -> int:
        """Count the candles up to and including the one with the first known value."""
        values = dict(self.parameters(operand))

        def total(form: Mapping[str, int]) -> int:
            return sum(
                factor * (1 if name == "candles" else int(values[name]))
                for name, factor in form.items()
            )

        return max((total(form) for form in self[operand.variable].warm_up), default=0)

    def check(self, operand: VariableOperand) -> None:
        """Refuse an operand its variable doesn't allow.

        Raises:
            UnknownVariableError: the registry has no such variable.
            InvalidOperandError: a parameter, timeframe, bar or offset doesn't fit.
        """
        entry = self[operand.variable]
        known = {parameter.name: parameter for parameter in entry.parameters}
        seen: set[str] = set()
        for name, value in operand.parameters:
            if name not in known or name in seen or not known[name].accepts(value):
                raise InvalidOperandError(entry.id, f"parameters.{name}", value)
            seen.add(name)
        for name, parameter in known.items():
            if parameter.kind is ParameterKind.RULE and name not in seen:
                raise InvalidOperandError(entry.id, f"parameters.{name}", "")
        if entry.has_bars:
            if operand.timeframe not in TIMEFRAMES:
                raise InvalidOperandError(entry.id, "timeframe", operand.timeframe)
            if operand.bar not in entry.bars:
                raise InvalidOperandError(entry.id, "bar", operand.bar.value)
        elif operand.timeframe is not None:
            raise InvalidOperandError(entry.id, "timeframe", operand.timeframe)
        if operand.offset < 0 or (operand.offset and not entry.has_bars):
            raise InvalidOperandError(entry.id, "offset", operand.offset)
