"""Triggers that come and go as JSON: over the clipboard and in files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QFileDialog

from upbit_auto_trading.domain.document import InvalidDocumentError
from upbit_auto_trading.domain.strict_json import MAX_BYTES
from upbit_auto_trading.domain.trigger_json import trigger_from_json, trigger_to_json
from upbit_auto_trading.presentation.i18n import _
from upbit_auto_trading.presentation.screens import trigger_list_words
from upbit_auto_trading.presentation.widgets.file_dialog import documents_folder, speak

if TYPE_CHECKING:
    from upbit_auto_trading.domain.trigger import Trigger
    from upbit_auto_trading.presentation.screens.trigger_shelf import ShelfLink
    from upbit_auto_trading.presentation.viewmodels.trigger_editor import TriggerEditor
    from upbit_auto_trading.presentation.widgets.trigger_list import TriggerList

_SUFFIX: Final = ".trigger.json"


class FilesLink(QObject):
    """Copies, pastes, exports and imports triggers; what can't be taken in changes nothing.

    `told` carries sentences for the user.
    """

    told = pyqtSignal(str)

    def __init__(self, rows: TriggerList, editor: TriggerEditor, shelf: ShelfLink) -> None:
        super().__init__(rows)
        self._rows, self._editor, self._shelf = rows, editor, shelf
        rows.import_pressed.connect(self.import_file)
        rows.copy_asked.connect(self.copy)
        shelf.copy_asked.connect(self.copy)

    def copy(self, identity: str) -> None:
        """Put a trigger on the clipboard as JSON."""
        source, clipboard = self._shelf.trigger(identity), QGuiApplication.clipboard()
        if source is not None and clipboard is not None:
            clipboard.setText(trigger_to_json(replace(source, revision=0)))
            self.told.emit(_("‘{name}’ is on the clipboard.").format(name=source.name))

    def paste(self) -> None:
        """Open the trigger that the clipboard holds."""
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            self.take_in(clipboard.text())

    def take_in(self, document: str | bytes) -> None:
        """Open the trigger of a JSON document as a new one; refuse it with the reason."""
        try:
            trigger = trigger_from_json(document, self._editor.registry)
        except InvalidDocumentError as error:
            self.told.emit(trigger_list_words.refused_document(error))
            return
        self._shelf.open_new(trigger)

    def export_file(self) -> None:
        """Ask where to write the trigger being edited."""
        trigger = self._editor.kept
        dialog = self._dialog(_("Export the trigger"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(f"{trigger.name or trigger.id}{_SUFFIX}")
        dialog.fileSelected.connect(lambda path: self._write(Path(path), trigger))
        dialog.show()

    def import_file(self) -> None:
        """Ask which file to read a trigger from."""
        dialog = self._dialog(_("Import a trigger"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda path: self._read(Path(path)))
        dialog.show()

    def _dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self._rows, title, documents_folder(), _("Triggers (*.json)"))
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        speak(dialog)
        dialog.setModal(False)
        dialog.finished.connect(dialog.deleteLater)
        return dialog

    def _write(self, path: Path, trigger: Trigger) -> None:
        try:
            path.write_text(trigger_to_json(replace(trigger, revision=0)), encoding="utf-8")
        except OSError as error:
            self.told.emit(trigger_list_words.file_problem(path.name, error))
            return
        self.told.emit(_("Written to {name}.").format(name=path.name))

    def _read(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                document = file.read(MAX_BYTES + 1)
        except OSError as error:
            self.told.emit(trigger_list_words.file_problem(path.name, error))
            return
        self.take_in(document)
