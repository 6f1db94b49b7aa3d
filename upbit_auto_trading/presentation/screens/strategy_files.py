"""Strategies that come and go as files, the ones the command line takes, and get their names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, pyqtSignal

from upbit_auto_trading.application.variables import shipped_variables
from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.strategy_json import strategy_from_json, strategy_to_json
from upbit_auto_trading.domain.strict_json import MAX_BYTES
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import strategy_words, trigger_list_words
from upbit_auto_trading.presentation.widgets.file_dialog import FileDialog
from upbit_auto_trading.presentation.widgets.name_prompt import NamePrompt

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget

    from upbit_auto_trading.presentation.screens.strategy_keeping import StrategyKeeping
    from upbit_auto_trading.presentation.theme import Theme

_SUFFIX: Final = ".strategy.json"
_LONGEST: Final = 80


class StrategyFiles(QObject):
    """Names, exports and imports strategies over `screen`; what can't be taken in changes nothing.

    `told` carries sentences for the user.
    """

    told = pyqtSignal(str)

    def __init__(self, theme: Theme, keeping: StrategyKeeping, screen: QWidget) -> None:
        super().__init__(screen)
        self._keeping, self._screen = keeping, screen
        self.prompt = NamePrompt(theme, _LONGEST, screen)
        self.prompt.named.connect(self._named)

    def ask_name(self) -> None:
        """Ask for another name of the strategy that is open."""
        strategy = self._keeping.strategy
        if strategy is not None:
            self.prompt.ask(_("Rename the strategy"), strategy_words.of(strategy.name))

    def export_file(self) -> None:
        """Ask where to write the strategy that is open."""
        strategy = self._keeping.strategy
        if strategy is None:
            return
        name = strategy_words.of(strategy.name).replace("/", "-")
        dialog = FileDialog(self._screen, _("Export the strategy"), f"{name}{_SUFFIX}")
        document = strategy_to_json(replace(strategy, revision=1))
        dialog.chosen.connect(lambda path: self.write(Path(path), document))
        dialog.open()

    def import_file(self) -> None:
        """Ask which file to read a strategy from."""
        dialog = FileDialog(self._screen, _("Import a strategy"), "", is_opening=True)
        dialog.chosen.connect(lambda path: self.read(Path(path)))
        dialog.open()

    def write(self, path: Path, document: str) -> None:
        """Write a strategy's document to a file."""
        try:
            path.write_text(document, encoding="utf-8")
        except OSError as error:
            self.told.emit(trigger_list_words.file_problem(path.name, error))
            return
        self.told.emit(_("Written to {name}.").format(name=path.name))

    def read(self, path: Path) -> None:
        """Open the strategy of a file as a new one; refuse it with the reason."""
        try:
            with path.open("rb") as file:
                document = file.read(MAX_BYTES + 1)
            strategy = strategy_from_json(document, shipped_variables())
        except OSError as error:
            self.told.emit(trigger_list_words.file_problem(path.name, error))
        except InvalidDocumentError as error:
            self.told.emit(
                _("This is no strategy: {reason} (at {path}). Nothing has changed.").format(
                    reason=trigger_list_words.document_problem(error), path=error.path[:60]
                )
            )
        else:
            self._keeping.open_new(strategy)

    def _named(self, name: str) -> None:
        if not name:
            self.prompt.show_refusal(_("Give it a name of its own."))
            return
        self.prompt.close_prompt()
        self._keeping.rename(name)
