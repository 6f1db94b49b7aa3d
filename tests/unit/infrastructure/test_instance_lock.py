"""A data folder has one program at a time, and is free again however that one ended."""

import subprocess
import sys
from pathlib import Path

import pytest

from upbit_auto_trading.bootstrap import main
from upbit_auto_trading.infrastructure.instance_lock import FolderInUseError, InstanceLock

HOLD = """
import sys
from pathlib import Path
from upbit_auto_trading.infrastructure.instance_lock import InstanceLock
lock = InstanceLock(Path(sys.argv[1]))
lock.take()
print("taken", flush=True)
sys.stdin.read()
"""


def test_a_second_one_is_refused_at_once_and_gets_it_after_the_first(tmp_path: Path) -> None:
    first, second = InstanceLock(tmp_path), InstanceLock(tmp_path)
    first.take()
    with pytest.raises(FolderInUseError) as caught:
        second.take()
    assert caught.value.folder == tmp_path
    assert "\n" not in str(caught.value)
    first.release()
    first.release()
    second.take()
    second.release()


def test_a_killed_program_leaves_the_folder_free(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "taken\n"
        lock = InstanceLock(tmp_path)
        with pytest.raises(FolderInUseError):
            lock.take()
        holder.kill()
        holder.wait()
        lock.take()
        lock.release()


def test_a_second_start_ends_at_once_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = InstanceLock(tmp_path)
    lock.take()
    assert main(["--demo", "--data-dir", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "is in use by another start of the program" in said
    assert said.count("\n") == 1
    lock.release()


def test_folders_are_apart(tmp_path: Path) -> None:
    locks = [InstanceLock(tmp_path / name) for name in ("one", "two")]
    for name, lock in zip(("one", "two"), locks, strict=True):
        (tmp_path / name).mkdir()
        lock.take()
    for lock in locks:
        lock.release()
