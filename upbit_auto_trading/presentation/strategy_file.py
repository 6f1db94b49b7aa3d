"""A strategy's file named at the start: taken into the library, then shown."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.recording import LedgerError
from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from pathlib import Path

    from upbit_auto_trading.application.library import Library


class StrategyFileError(Exception):
    """The file can't be taken in; its text is for the user."""


async def take_in(library: Library | None, path: Path) -> str:
    """Save the strategy of `path` as a new version of itself; return its id.

    Raises:
        StrategyFileError: it can't be read, isn't a strategy, or can't be saved.
    """
    if library is None:
        raise StrategyFileError(_("Strategies can't be saved in this run"))
    try:
        now_ms = round(time.time() * 1000)
        strategy = await library.use(lambda shelf: shelf.import_strategy(path.read_bytes(), now_ms))
    except (OSError, InvalidDocumentError, LedgerError) as error:
        text = _("{file} can't be taken in: {why}").format(file=path.name, why=error)
        raise StrategyFileError(text) from error
    return strategy.id
