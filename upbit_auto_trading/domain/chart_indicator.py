"""What a user adds to a chart: indicators, each drawn as one line or as several that belong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from upbit_auto_trading.domain.expression import Bar, VariableOperand
from upbit_auto_trading.domain.variable import (
    Category,
    Need,
    Parameter,
    ParameterKind,
    Placement,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from upbit_auto_trading.domain.expression import Parameters, ParameterValue
    from upbit_auto_trading.domain.variable import Reading, Variable, VariableRegistry

MOST_INDICATORS: Final = 12

# Variables that are drawn together, under one name and with one set of parameters.
_SETS: Final[dict[str, tuple[str, ...]]] = {
    "bollinger": ("bollinger_upper", "bollinger_middle", "bollinger_lower"),
    "donchian": ("donchian_upper", "donchian_middle", "donchian_lower"),
    "ichimoku": ("ichimoku_conversion", "ichimoku_base", "ichimoku_span_a", "ichimoku_span_b"),
    "macd": ("macd_histogram", "macd", "macd_signal"),
    "directional": ("adx", "plus_di", "minus_di"),
    "stochastic": ("stochastic_k", "stochastic_d"),
    "stoch_rsi": ("stoch_rsi_k", "stoch_rsi_d"),
}


class InvalidIndicatorError(ValueError):
    """What was read as an indicator isn't one; `field` says where."""

    def __init__(self, field: str) -> None:
        super().__init__(f"no indicator: {field} is wrong")
        self.field = field


@dataclass(frozen=True, slots=True)
class IndicatorKind:
    """One entry of the indicator list: its variables, drawn together."""

    id: str
    variables: tuple[Variable, ...]

    @property
    def category(self) -> Category:
        return self.variables[0].category

    @property
    def is_overlay(self) -> bool:
        """Whether it is drawn over the candles."""
        return self.variables[0].placement is Placement.OVERLAY

    @property
    def needs_candles(self) -> bool:
        """Whether it has a value for each candle, instead of one for now."""
        return self.variables[0].has_bars

    @property
    def needs_position(self) -> bool:
        return Need.POSITION in self.variables[0].needs

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of all its variables, each name once."""
        found: dict[str, Parameter] = {}
        for variable in self.variables:
            for parameter in variable.parameters:
                found.setdefault(parameter.name, parameter)
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class ChartIndicator:
    """One indicator on a chart.

    `parameters` holds all of them by name, `inks` a colour token for each line (empty: the
    usual ones). A hidden one keeps its place; `hidden_lines` are variables not drawn.
    """

    kind: str
    parameters: Parameters = ()
    inks: tuple[str, ...] = ()
    is_hidden: bool = False
    hidden_lines: tuple[str, ...] = ()

    def with_parameter(self, name: str, value: ParameterValue) -> ChartIndicator:
        """The indicator with another value of one parameter."""
        return replace(
            self, parameters=tuple(sorted({**dict(self.parameters), name: value}.items()))
        )

    def plain(self) -> dict[str, Any]:
        """The indicator as plain data."""
        return {
            "kind": self.kind,
            "parameters": dict(self.parameters),
            "inks": list(self.inks),
            "is_hidden": self.is_hidden,
            "hidden_lines": list(self.hidden_lines),
        }


class IndicatorKinds:
    """Every indicator a chart can show, from the registry of variables, in its order."""

    def __init__(self, registry: VariableRegistry) -> None:
        self._registry = registry
        in_set = {name: key for key, names in _SETS.items() for name in names}
        self._kinds: dict[str, IndicatorKind] = {}
        for variable in registry:
            if variable.placement is Placement.NONE:
                continue
            key = in_set.get(variable.id, variable.id)
            if key not in self._kinds:
                names = _SETS.get(key, (variable.id,))
                self._kinds[key] = IndicatorKind(key, tuple(registry[name] for name in names))

    def __iter__(self) -> Iterator[IndicatorKind]:
        return iter(self._kinds.values())

    def __contains__(self, kind: object) -> bool:
        return kind in self._kinds

    def __getitem__(self, kind: str) -> IndicatorKind:
        """Return a kind.

        Raises:
            InvalidIndicatorError: there is none of that name.
        """
        try:
            return self._kinds[kind]
        except KeyError:
            raise InvalidIndicatorError("kind") from None

    def usual(self, kind: str) -> ChartIndicator:
        """An indicator with the registry's parameters."""
        values = {one.name: one.default for one in self[kind].parameters}
        return ChartIndicator(kind, tuple(sorted(values.items())))

    def readings(
        self, indicator: ChartIndicator, timeframe: str | None = None
    ) -> tuple[Reading, ...]:
        """What each line of an indicator reads, of whatever candles it is given."""
        values = dict(indicator.parameters)
        found = []
        for variable in self[indicator.kind].variables:
            own = tuple((one.name, values[one.name]) for one in variable.parameters)
            operand = VariableOperand(variable.id, own, timeframe, Bar.CLOSED)
            found.append(self._registry.reading(operand))
        return tuple(found)

    def checked(self, plain: Mapping[str, Any]) -> ChartIndicator:
        """Return the indicator that `plain` data stands for; missing parameters are the usual ones.

        Raises:
            InvalidIndicatorError: it stands for none.
        """
        try:
            kind = self[str(plain["kind"])]
            given = dict(plain.get("parameters", {}))
            usual = self.usual(kind.id)
            inks = tuple(str(ink) for ink in plain.get("inks", ()))
            hidden = tuple(str(name) for name in plain.get("hidden_lines", ()))
            is_hidden = bool(plain.get("is_hidden", False))
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, InvalidIndicatorError):
                raise
            raise InvalidIndicatorError(str(error)) from None
        for parameter in kind.parameters:
            value = given.get(parameter.name, parameter.default)
            if not parameter.accepts(value):
                raise InvalidIndicatorError(f"parameters.{parameter.name}")
            if parameter.kind is ParameterKind.INTEGER:
                value = int(value)
            usual = usual.with_parameter(parameter.name, value)
        return replace(usual, inks=inks, is_hidden=is_hidden, hidden_lines=hidden)
