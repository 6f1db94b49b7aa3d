"""What a person sees who has only Python: set-up, its failures, and what gets started."""

import importlib.util
import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

import launch

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="apt-get is Debian's and Ubuntu's")
REQUIREMENTS = ("requirements.txt",)


class Ended(Exception):  # noqa: N818 -- it isn't an error of the test
    """Stands for a program that was started where a test expects none."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an empty list of requirements: pip installs it without a network."""
    (tmp_path / "requirements.txt").write_text("# nothing\n", encoding="utf-8")
    monkeypatch.setattr(launch, "ROOT", tmp_path)
    monkeypatch.setattr(launch, "BUILD", tmp_path / "build")
    return tmp_path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose environment is set up. Making one takes seconds, copying it doesn't."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "requirements.txt").write_text("# nothing\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "ROOT", folder)
        launch.set_up(".venv", REQUIREMENTS)
    return folder


@pytest.fixture
def project_set_up(project: Path, made: Path) -> Path:
    shutil.copytree(made / ".venv", project / ".venv", symlinks=True)
    return project


@pytest.fixture
def no_program(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on, starting any program fails the test."""

    def refuse(command: Sequence[str], **_: object) -> None:
        raise Ended(" ".join(command))

    return lambda: monkeypatch.setattr(subprocess, "run", refuse)


@pytest.fixture
def started(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], object]]:
    """Programs that were started, with the environment added; each ends with exit code 3."""
    calls: list[tuple[list[str], object]] = []

    def run(command: Sequence[str], environment: object = None) -> int:
        calls.append((list(command), environment))
        for option, value in itertools.pairwise(command):
            if option == "--screenshot":
                Path(value).write_bytes(b"picture")
        return 3

    monkeypatch.setattr(launch, "run", run)
    monkeypatch.setattr(launch, "set_up", lambda folder, _: f"{folder}/python")
    monkeypatch.setattr(launch, "missing_libraries", list)
    return calls


@pytest.mark.parametrize("version", [(2, 9), (3, 10), (3, 14)])
def test_another_python_is_told_which_ones_work(version: tuple[int, int]) -> None:
    program = (
        f"import runpy, sys; sys.version_info = ({version[0]}, {version[1]}, 0);"
        f"runpy.run_path({str(Path(launch.__file__))!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "needs 3.11, 3.12 or 3.13" in done.stderr


def test_a_second_start_runs_no_installer(
    project_set_up: Path, no_program: Callable[[], None]
) -> None:
    no_program()
    python = launch.set_up(".venv", REQUIREMENTS)
    assert Path(python).is_file()


def test_changed_requirements_are_installed_into_the_same_environment(
    project_set_up: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mark = project_set_up / ".venv" / "kept"
    mark.touch()
    (project_set_up / "requirements.txt").write_text("# nothing else\n", encoding="utf-8")
    launch.set_up(".venv", REQUIREMENTS)
    assert mark.exists()
    assert capsys.readouterr().out.startswith("Installing requirements.txt into .venv")


def test_what_the_check_installed_serves_the_application_too(
    project_set_up: Path, no_program: Callable[[], None]
) -> None:
    (project_set_up / "requirements-dev.txt").write_text("-r requirements.txt\n", encoding="utf-8")
    launch.set_up(".venv", ("requirements.txt", "requirements-dev.txt"))
    no_program()
    launch.set_up(".venv", REQUIREMENTS)


def break_python(venv: Path) -> None:
    python = launch.python_of(venv)
    python.unlink()
    python.symlink_to(venv / "nowhere")


def break_home(venv: Path) -> None:
    settings = venv / "pyvenv.cfg"
    settings.write_text("home = /nowhere/bin\n", encoding="utf-8")


def break_package(venv: Path) -> None:
    for metadata in launch.site_packages(venv).glob("pip-*.dist-info"):
        shutil.rmtree(metadata)


def break_stamp(venv: Path) -> None:
    (venv / launch.STAMP).write_text("{", encoding="utf-8")


@pytest.mark.parametrize("damage", [break_python, break_home, break_package, break_stamp])
def test_damage_to_the_environment_is_noticed(
    damage: Callable[[Path], None], project_set_up: Path
) -> None:
    venv = project_set_up / ".venv"
    assert launch.works(venv, launch.read_stamp(venv))
    damage(venv)
    assert not launch.works(venv, launch.read_stamp(venv))


def test_a_broken_environment_is_made_anew(
    project_set_up: Path, no_program: Callable[[], None]
) -> None:
    break_python(project_set_up / ".venv")
    python = launch.set_up(".venv", REQUIREMENTS)
    done = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False)
    assert done.returncode == 0
    no_program()
    launch.set_up(".venv", REQUIREMENTS)


def test_an_environment_makes_itself_anew_with_the_python_outside_it(
    project_set_up: Path,
) -> None:
    (project_set_up / ".venv" / launch.STAMP).unlink()
    script = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[1]); import launch;"
        "launch.ROOT = pathlib.Path(sys.argv[2]);"
        "launch.set_up('.venv', ('requirements.txt',))"
    )
    inside = launch.python_of(project_set_up / ".venv")
    arguments = [str(inside), "-c", script, str(Path(launch.__file__).parent), str(project_set_up)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    venv = project_set_up / ".venv"
    assert launch.works(venv, launch.read_stamp(venv))


def test_without_a_network_one_line_says_so_and_the_next_start_tries_again(
    project_set_up: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project_set_up / "requirements.txt").write_text("nowhere-to-be-found==1\n", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(SystemExit) as ended:
        launch.set_up(".venv", REQUIREMENTS)
    told = str(ended.value.code)
    assert told.count("\n") == 0
    assert "no network?" in told
    assert not (project_set_up / ".venv" / launch.STAMP).exists()


def test_an_environment_that_cannot_be_made_is_one_line(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "outer_python", lambda: str(project / "no-python"))
    with pytest.raises(SystemExit, match="can't be made"):
        launch.set_up(".venv", REQUIREMENTS)


@LINUX_ONLY
def test_an_incomplete_venv_module_is_completed_or_the_package_named(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(launch, "install_system_packages", asked.extend)
    with pytest.raises(SystemExit, match=r"Install python3[.\d]*-venv and start again"):
        launch.set_up(".venv", REQUIREMENTS)
    assert asked == [launch.venv_package()]


def test_a_missing_list_of_requirements_is_one_line(project: Path) -> None:
    with pytest.raises(SystemExit, match=r"requirements-dev\.txt can't be read"):
        launch.set_up(".venv", ("requirements-dev.txt",))


@LINUX_ONLY
def test_root_updates_then_installs(programs: "Programs") -> None:
    programs.add("apt-get")
    programs.act_as(0)
    launch.install_system_packages(["libegl1", "libgl1"])
    assert programs.calls() == [
        "apt-get update -q",
        "apt-get install -y -q --no-install-recommends libegl1 libgl1",
    ]


@LINUX_ONLY
def test_others_go_through_sudo_that_asks_nothing(programs: "Programs") -> None:
    programs.add("apt-get")
    programs.add("sudo")
    programs.act_as(1000)
    launch.install_system_packages(["libegl1"])
    assert programs.calls() == [
        "sudo -n true",
        "sudo -n apt-get update -q",
        "sudo -n apt-get install -y -q --no-install-recommends libegl1",
    ]


@LINUX_ONLY
@pytest.mark.parametrize("sudo", [None, 1])
def test_without_sudo_the_exact_command_is_told(sudo: int | None, programs: "Programs") -> None:
    programs.add("apt-get")
    if sudo is not None:
        programs.add("sudo", code=sudo)
    programs.act_as(1000)
    with pytest.raises(SystemExit) as ended:
        launch.install_system_packages(["libegl1"])
    assert str(ended.value.code).endswith(
        "Run: sudo apt-get update && sudo apt-get install -y --no-install-recommends libegl1"
    )


@LINUX_ONLY
def test_a_failing_apt_get_is_one_line_with_its_reason(programs: "Programs") -> None:
    programs.add("apt-get", code=100, says="E: Unable to locate package libegl1")
    programs.act_as(0)
    with pytest.raises(SystemExit, match="E: Unable to locate package libegl1") as ended:
        launch.install_system_packages(["libegl1"])
    assert str(ended.value.code).count("\n") == 0


@LINUX_ONLY
def test_another_linux_is_told_what_is_missing(programs: "Programs") -> None:
    with pytest.raises(SystemExit, match="Debian calls: libegl1"):
        launch.install_system_packages(["libegl1"])


@LINUX_ONLY
def test_libraries_are_found_missing_by_trying(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        launch, "QT_LIBRARIES", {"libc.so.6": "libc6", "libnowhere.so.9": "libnowhere9"}
    )
    assert launch.missing_libraries() == ["libnowhere9"]


def test_with_a_display_the_options_are_passed_on(
    started: list[tuple[list[str], object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "has_display", lambda: True)
    assert launch.main(["--market", "KRW-ETH"]) == 3
    assert started == [
        ([".venv/python", str(launch.ROOT / "run_desktop_ui.py"), "--market", "KRW-ETH"], None)
    ]


def test_without_a_display_it_runs_unseen_and_names_its_picture(
    started: list[tuple[list[str], object]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(launch, "has_display", lambda: False)
    assert launch.main([]) == 3
    picture = str(launch.BUILD / "screenshot.png")
    [(command, environment)] = started
    assert command[2:] == ["--demo", "--smoke", "20", "--screenshot", picture]
    assert environment == {"QT_QPA_PLATFORM": "offscreen"}
    assert capsys.readouterr().out.splitlines()[-1] == f"Screenshot: {picture}"


def test_without_a_display_given_options_are_kept(
    started: list[tuple[list[str], object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "has_display", lambda: False)
    launch.main(["--rest-url=http://127.0.0.1:1", "--ws-url=ws://127.0.0.1:1", "--smoke=3"])
    [(command, _)] = started
    assert "--demo" not in command
    assert command[2:5] == [
        "--rest-url=http://127.0.0.1:1",
        "--ws-url=ws://127.0.0.1:1",
        "--smoke=3",
    ]


def test_the_check_gets_its_environments_and_its_options(
    started: list[tuple[list[str], object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "TEST_PROGRAMS", {})
    assert launch.main(["test", "--long", "swap"]) == 3
    [(command, _)] = started
    assert command == [".venv/python", str(launch.ROOT / ".ci" / "check.py"), "--long", "swap"]


@LINUX_ONLY
def test_the_check_installs_the_programs_it_drives_windows_with(
    started: list[tuple[list[str], object]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        launch, "TEST_PROGRAMS", {"no-such-program": "no-such-package", "sh": "dash"}
    )
    monkeypatch.setattr(launch, "install_system_packages", asked.extend)
    launch.main(["test"])
    assert asked == ["no-such-package"]


@pytest.mark.parametrize(
    "arguments",
    [["tset"], ["test", "--short"], ["test", "--long", "a", "b"], ["translations", "x"]],
)
def test_wrong_use_is_one_line_and_exit_code_2(
    arguments: list[str],
    started: list[tuple[list[str], object]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        launch.main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert started == []


class Programs:
    """Stands for the system's programs: scripts that write down how they were called."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._log = folder / "calls.txt"
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("PATH", str(folder))

    def add(self, name: str, code: int = 0, says: str = "") -> None:
        script = self._folder / name
        script.write_text(
            f"#!/bin/sh\necho {name} $* >> {self._log}\necho '{says}' >&2\nexit {code}\n",
            encoding="utf-8",
        )
        script.chmod(0o755)

    def act_as(self, user: int) -> None:
        self._monkeypatch.setattr(os, "geteuid", lambda: user)

    def calls(self) -> list[str]:
        return self._log.read_text(encoding="utf-8").splitlines()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    return Programs(tmp_path, monkeypatch)
