"""What the market screen says: its states, and where each figure comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from upbit_auto_trading.domain.stream import Source
from upbit_auto_trading.presentation import formatting, wording
from upbit_auto_trading.presentation.board_columns import COLUMNS, BoardColumn
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.market_row import FAVOURITES
from upbit_auto_trading.presentation.viewmodels.market_list import ListState
from upbit_auto_trading.presentation.widgets.market_badges import explanations_of

if TYPE_CHECKING:
    from upbit_auto_trading.domain.stream import Origin
    from upbit_auto_trading.presentation.market_row import MarketCell, MarketRow
    from upbit_auto_trading.presentation.viewmodels.market_board import Breadth
    from upbit_auto_trading.presentation.viewmodels.market_list import MarketListViewModel


def state_words(markets: MarketListViewModel, *, is_filtered: bool) -> str:
    """Why there are no rows and what to do; empty while there are some."""
    table = markets.table
    if markets.state is ListState.LOADING:
        return _("Loading the market list…")
    if markets.state is ListState.FAILED and markets.failure is not None:
        why = wording.failure(markets.failure)
        return _("The market list didn't come: {why}. It is being tried again.").format(why=why)
    if table.rowCount():
        return ""
    if table.quote == FAVOURITES and not table.count_of(FAVOURITES):
        return _("No favourites yet. Click the star of a market, or press S on its row.")
    if is_filtered:
        return _("No market passes the filter now. Choose another one above, or none.")
    return _("No market fits. Try a name, a code, or initial consonants such as ㅂㅌㅋ.")


def breadth_words(breadth: Breadth) -> tuple[str, str, str]:
    """How many have risen, stand still, have fallen."""
    return f"▲ {breadth.up}", f"— {breadth.even}", f"▼ {breadth.down}"


def count_words(quote: str, shown: int, all_of_them: int) -> str:
    """How many markets are shown."""
    name = _("Starred") if quote == FAVOURITES else quote
    if shown == all_of_them:
        return f"{name} {shown}"
    return _("{quote}: {shown} of {all}").format(quote=name, shown=shown, all=all_of_them)


def cell_explanation(row: MarketRow, column: int, cell: MarketCell | None, now: float) -> str:
    """What a cell shows and where it comes from."""
    if cell is not None:
        return "\n".join(line for line in (f"{row.name} · {row.market}", cell.explanation) if line)
    lines = [f"{row.name} · {row.market}", *explanations_of(row)]
    if COLUMNS[column] is BoardColumn.TURNOVER and row.turnover_24h is not None:
        exact = formatting.exact_turnover(row.market, row.turnover_24h)
        unit = formatting.price_unit(row.market)
        lines.append(_("Traded in 24 h: {sum} {unit}").format(sum=exact, unit=unit))
    if row.origin is not None and row.exchange_ms is not None:
        lines.append(provenance(row.origin, row.exchange_ms, now))
    else:
        lines.append(_("Nothing has arrived yet"))
    return "\n".join(lines)


def provenance(origin: Origin, exchange_ms: int, now: float) -> str:
    """Channel, exchange time and age of a value; `now` is epoch seconds."""
    channel = {
        Source.WEBSOCKET: _("WS"),
        Source.REST: _("REST"),
        Source.CACHE: _("Cache"),
        Source.TRANSITION_CACHE: _("Cache"),
        Source.SIMULATED: _("Simulated"),
    }[origin.source]
    return _("Channel: {channel}\nExchange time: {time}\nArrived: {age}").format(
        channel=channel,
        time=formatting.moment(exchange_ms),
        age=formatting.age(max(0.0, now - origin.received_at)),
    )
