"""Asks where to save a file, or which file to open, while the window goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QStandardPaths, Qt, pyqtSignal
from PyQt6.QtWidgets import QFileDialog

if TYPE_CHECKING:
    from PyQt6.QtWidgets import QWidget


class FileDialog(QFileDialog):
    """Open it with `open()`, which returns at once; `chosen` tells the path, a cancel nothing.

    It deletes itself when closed.
    """

    chosen = pyqtSignal(str)

    def __init__(self, parent: QWidget, title: str, name: str, *, is_opening: bool = False) -> None:
        super().__init__(parent, title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setOption(QFileDialog.Option.DontUseNativeDialog)
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        self.setDirectory(folder)
        if is_opening:
            self.setFileMode(QFileDialog.FileMode.ExistingFile)
        else:
            self.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            self.selectFile(name)
        self.fileSelected.connect(self.chosen)
