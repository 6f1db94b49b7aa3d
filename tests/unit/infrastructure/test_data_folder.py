import stat
import sys
from pathlib import Path

import pytest

from upbit_auto_trading.infrastructure.data_folder import DataFolder, UnwritableFolderError


def test_a_missing_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path / "a" / "b")
    assert folder.logs.is_dir()
    if sys.platform != "win32":
        assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
        assert stat.S_IMODE(folder.logs.stat().st_mode) == 0o700


def test_a_file_in_its_place_is_told_with_the_path(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("", encoding="utf-8")
    with pytest.raises(UnwritableFolderError) as refusal:
        DataFolder.open(in_the_way / "data")
    assert refusal.value.path == in_the_way / "data"
    assert str(in_the_way) in str(refusal.value)


def test_exchanges_never_share_a_folder(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path)
    upbit = folder.of_exchange("upbit", "https://a", "wss://a")
    simulator = folder.of_exchange("simulator", "http://127.0.0.1:1", "ws://127.0.0.1:1")
    again = folder.of_exchange("simulator", "http://127.0.0.1:2", "ws://127.0.0.1:2")
    custom = folder.of_exchange("custom", "http://b", "ws://b")
    other = folder.of_exchange("custom", "http://c", "ws://c")
    assert simulator == again
    assert len({upbit, simulator, custom, other}) == 4
    assert custom.name.startswith("custom-")
    assert all(path.is_dir() for path in (upbit, simulator, custom, other))


async def test_the_use_of_the_disk_is_told_by_exchange(tmp_path: Path) -> None:
    folder = DataFolder.open(tmp_path)
    upbit = folder.of_exchange("upbit", "", "")
    (upbit / "market_data.sqlite3").write_bytes(b"x" * 5000)
    (folder.logs / "app.log").write_bytes(b"y" * 70)
    (tmp_path / "settings.sqlite3").write_bytes(b"z" * 9)
    (upbit / "market_data.sqlite3-wal").write_bytes(b"x" * 300)
    (upbit / "trading.sqlite3").write_bytes(b"x" * 40)
    uses = {use.name: use for use in await folder.measure()}
    sizes = {name: use.size for name, use in uses.items()}
    assert sizes == {"upbit": 5340, "logs": 70, "": 9}
    assert uses["upbit"].databases == (("market_data", 5300), ("trading", 40))
    assert uses[""].databases == (("settings", 9),)
