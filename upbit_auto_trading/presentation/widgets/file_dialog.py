"""Asks where to save a file, or which file to open, while the window goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QDir, QStandardPaths, Qt, pyqtSignal
from PyQt6.QtWidgets import QFileDialog

from upbit_auto_trading.presentation.i18n import _

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget


def documents_folder() -> str:
    """Where a user's files belong; the home folder where there is no folder for documents."""
    places = QStandardPaths.StandardLocation
    folder = QStandardPaths.writableLocation(places.DocumentsLocation)
    if not QDir(folder).exists():
        folder = QStandardPaths.writableLocation(places.HomeLocation)
    return folder


def speak(dialog: QFileDialog) -> None:
    """Say in the user's language what Qt's own translation leaves in English."""
    dialog.setLabelText(QFileDialog.DialogLabel.LookIn, _("Folder:"))
    dialog.setLabelText(QFileDialog.DialogLabel.FileType, _("Kind of file:"))


class FileDialog(QFileDialog):
    """Open it with `open()`, which returns at once; `chosen` tells the path, a cancel nothing.

    It deletes itself when closed.
    """

    chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget, title: str, name: str, *, is_opening: bool = False) -> None:
        super().__init__(parent, title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setOption(QFileDialog.Option.DontUseNativeDialog)
        self.setDirectory(documents_folder())
        speak(self)
        if is_opening:
            self.setFileMode(QFileDialog.FileMode.ExistingFile)
        else:
            self.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            self.selectFile(name)
        self.fileSelected.connect(self.chosen)
