"""The market screen's trigger column: one trigger on every market, by its distance to firing."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import pyqtSignal

from upbit_auto_trading.application.screener import Screener
from upbit_auto_trading.application.strategies import SEVEN_RULES, shipped_template
from upbit_auto_trading.domain.failure import MarketDataError
from upbit_auto_trading.domain.market import quote_of
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.domain.truth import Truth
from upbit_auto_trading.domain.variable import Words
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.market_row import MarketCell
from upbit_auto_trading.presentation.viewmodels.market_addition import MarketAddition
from upbit_auto_trading.tasks import TaskOwner

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PyQt6.QtCore import QObject

    from upbit_auto_trading.application.screener import Screened
    from upbit_auto_trading.application.services import Services
    from upbit_auto_trading.domain.expression import Expression

QUOTE: Final = "KRW"
_WAITING: Final = "…"


@dataclass(frozen=True, slots=True)
class TriggerChoice:
    """A trigger that can be looked for; shipped ones come with the program."""

    key: str
    name: Words
    expression: Expression
    is_shipped: bool = False


class ScreenerColumn(MarketAddition):
    """Judges the chosen trigger on every KRW market while the market screen is in front.

    `choices_changed` tells that `choices` did, `progressed` that `progress` did. `words` says
    what a market's cell shows.
    """

    choices_changed = pyqtSignal()
    progressed = pyqtSignal()

    def __init__(
        self,
        words: Callable[[Screened, Expression, str], MarketCell],
        name_of: Callable[[Words], str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__("trigger", 190, parent)
        self._words = words
        self._name_of = name_of
        self._screener: Screener | None = None
        self._services: Services | None = None
        self._tasks = TaskOwner("screener-column")
        self._markets: tuple[str, ...] = ()
        self._seen: tuple[str, ...] = ()
        self._changed: set[str] = set()
        self._true: frozenset[str] = frozenset()
        self._told_progress = (0, 0)
        self.choices: tuple[TriggerChoice, ...] = ()
        self.chosen = ""
        self.only_true = False

    @property
    def heading(self) -> str:
        choice = self._choice
        return _("Trigger") if choice is None else self._name_of(choice.name)

    @property
    def explanation(self) -> str:
        text = _(
            "How far each market is from firing, judged on live trades. Histories are asked for "
            "one by one, five a second at most, so that charts keep their share."
        )
        known, wanted = self.progress
        if wanted and known < wanted:
            text += "\n" + _("{known} of {wanted} known").format(known=known, wanted=wanted)
        return text

    @property
    def progress(self) -> tuple[int, int]:
        """How many markets are judged, and how many are to be."""
        return (0, 0) if self._screener is None else self._screener.progress

    @property
    def is_possible(self) -> bool:
        """Whether the chosen trigger has a value for a market as such."""
        return self._screener is None or self._screener.is_possible

    @property
    def kept(self) -> frozenset[str] | None:
        return self._true if self.only_true and self._choice is not None else None

    @property
    def _choice(self) -> TriggerChoice | None:
        return next((one for one in self.choices if one.key == self.chosen), None)

    def choose(self, key: str) -> None:
        """Look for another trigger; an empty key for none."""
        if key == self.chosen:
            return
        self.chosen = key
        self._true = frozenset()
        if self._screener is not None:
            choice = self._choice
            self._screener.show(None if choice is None else choice.expression)
            self._want()
        self.heading_changed.emit()
        self.kept_changed.emit()
        self.changed.emit(frozenset(self._markets))
        if key:
            self.order_wanted.emit()

    def show_only_true(self, *, only_true: bool) -> None:
        """Keep the markets on which the trigger holds now, or all."""
        if only_true != self.only_true:
            self.only_true = only_true
            self.kept_changed.emit()

    def cell(self, market: str) -> MarketCell:
        screener, choice = self._screener, self._choice
        if screener is None or choice is None or quote_of(market) != QUOTE:
            return MarketCell(formatting.NOTHING, "text-3")
        if not screener.is_possible:
            why = _("this trigger reads a position or the order book")
            return MarketCell(formatting.NOTHING, "text-3", None, why)
        figure = screener.figure(market)
        if figure is None:
            failure = screener.failure(market)
            if failure is not None:
                return MarketCell(formatting.NOTHING, "text-3", None, wording.failure(failure))
            return MarketCell(_WAITING, "text-3", None, _("being loaded"))
        cell = self._words(figure, choice.expression, market)
        if screener.is_trusted(market):
            return cell
        return MarketCell(cell.text, "text-3", cell.order, cell.explanation, is_stale=True)

    def attach(self, services: Services) -> None:
        self._services = services
        self._screener = Screener(
            services.feed, services.indicators, self._changed.add, time.monotonic
        )
        self._tasks.start(self._load(services), "load")

    async def detach(self) -> None:
        screener, self._screener, self._services = self._screener, None, None
        await self._tasks.close()
        self._tasks = TaskOwner("screener-column")
        self._markets, self._seen = (), ()
        self._changed.clear()
        self._true = frozenset()
        if screener is not None:
            await screener.close()

    def want(self, markets: Sequence[str]) -> None:
        was_seen, self._seen = bool(self._seen), tuple(markets)
        if self._services is not None and self._seen and not was_seen:
            self._tasks.start(self._load(self._services), "load")
        self._want()

    def refresh(self) -> None:
        screener = self._screener
        if screener is None or self._choice is None:
            return
        changed = frozenset(self._changed)
        self._changed.clear()
        if changed:
            self._judge(changed)
            self.changed.emit(changed)
        if screener.progress != self._told_progress:
            self._told_progress = screener.progress
            self.progressed.emit()
            self.heading_changed.emit()

    def _judge(self, changed: frozenset[str]) -> None:
        """Note on which of the changed markets the trigger holds now."""
        screener = self._screener
        if screener is None:
            return
        figures = {market: screener.figure(market) for market in changed}
        true = {one for one, told in figures.items() if told and told.truth is Truth.TRUE}
        now = frozenset((self._true - changed) | true)
        if now != self._true:
            self._true = now
            if self.only_true:
                self.kept_changed.emit()

    def _want(self) -> None:
        """Judge the rows in sight first, then the others; nothing while nobody looks."""
        if self._screener is None:
            return
        if not self._seen or self._choice is None:
            self._screener.want(())
            return
        if set(self._screener_markets()) >= set(self._markets) and self._markets:
            return
        first = [market for market in self._seen if market in self._markets]
        rest = [market for market in self._markets if market not in set(first)]
        self._screener.want([*first, *rest])

    def _screener_markets(self) -> tuple[str, ...]:
        return () if self._screener is None else self._screener.wanted

    async def _load(self, services: Services) -> None:
        """Bring the markets and the triggers that can be chosen."""
        try:
            markets = (await services.market_data.markets()).values
            self._markets = tuple(one.market for one in markets if one.quote == QUOTE)
        except MarketDataError:
            self._markets = ()
        choices = list(_shipped())
        if services.triggers is not None:
            try:
                listing = await services.triggers.listing()
            except LedgerError:
                listing = None
            if listing is not None:
                choices[:0] = [
                    TriggerChoice(one.id, Words(one.name, one.name), one.expression)
                    for one in listing.triggers
                ]
        before = self._choice
        self.choices = tuple(choices)
        self.choices_changed.emit()
        choice = self._choice
        if choice is None:
            self.chosen = ""
        elif self._screener is not None and (before is None or before != choice):
            self._screener.show(choice.expression)
        self._want()
        self.heading_changed.emit()


def _shipped() -> list[TriggerChoice]:
    """The template's triggers that can be judged without a position."""
    found = []
    for rule in shipped_template(SEVEN_RULES).strategy.rules:
        if Screener.can_judge(rule.trigger):
            key = f"shipped:{rule.id}"
            found.append(TriggerChoice(key, rule.name, rule.trigger, is_shipped=True))
    return found[::-1]
