"""Sets up and starts the application, or checks it. Needs nothing but Python 3.11 to 3.13.

python launch.py [options of run_desktop_ui.py]
python launch.py test [--long [NAME]]
python launch.py translations
"""

import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

# Before anything that an older Python can't read.
if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        f"launch.py: this is Python {platform.python_version()}; the application needs 3.11, 3.12 "
        "or 3.13. Install one of them and start again with it, for example: python3.12 launch.py"
    )

ROOT = Path(__file__).resolve().parent
BUILD = ROOT / "build"
STAMP = "installed.json"
SMOKE_S = 20

# What Qt's wheels expect of a Linux system, and the Debian and Ubuntu packages that hold it.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxcb.so.1": "libxcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
TEST_PROGRAMS = {"Xvfb": "xvfb", "xdotool": "xdotool", "openbox": "openbox"}


def main(arguments: Sequence[str]) -> int:
    """Do what the command line asks; return the exit code."""
    command = arguments[0] if arguments else ""
    if command == "test":
        return test(arguments[1:])
    if command == "translations":
        if arguments[1:]:
            wrong_use("translations takes no options")
        python = set_up(".venv", ("requirements.txt", "requirements-dev.txt"))
        return run([python, catalogues()])
    if command in ("-h", "--help"):
        say((__doc__ or "").strip())
        return 0
    if command and not command.startswith("-"):
        wrong_use(f"there is no command {command!r}; there are test and translations")
    return start(arguments)


def start(options: Sequence[str]) -> int:
    """Start the application; without a display run it briefly, unseen."""
    install_system_packages(missing_libraries())
    python = set_up(".venv", ("requirements.txt",))
    program = [python, str(ROOT / "run_desktop_ui.py")]
    if has_display() or "--help" in options or "-h" in options:
        return run([*program, *options])
    picture = BUILD / "screenshot.png"
    wanted = list(options)
    if not named(options, "--demo", "--rest-url", "--ws-url"):
        wanted.append("--demo")
    if not named(options, "--smoke"):
        wanted += ["--smoke", str(SMOKE_S)]
    if not named(options, "--screenshot"):
        BUILD.mkdir(exist_ok=True)
        picture.unlink(missing_ok=True)
        wanted += ["--screenshot", str(picture)]
    say(f"There is no display, so the application runs unseen: {' '.join(wanted)}")
    code = run([*program, *wanted], {"QT_QPA_PLATFORM": "offscreen"})
    if picture.is_file() and str(picture) in wanted:
        say(f"Screenshot: {picture}")
    return code


def test(options: Sequence[str]) -> int:
    """Run the whole check, or the long runs; exit code 1 when anything failed."""
    if options and (options[0] != "--long" or len(options) > 2):
        wrong_use("test takes --long [NAME] and nothing else")
    packages = missing_libraries()
    if sys.platform.startswith("linux"):
        packages += [name for program, name in TEST_PROGRAMS.items() if not shutil.which(program)]
    install_system_packages(packages)
    python = set_up(".venv", ("requirements.txt", "requirements-dev.txt"))
    set_up(".venv-sdk", ("requirements-sdk.txt",))
    return run([python, str(ROOT / ".ci" / "check.py"), *options])


def set_up(folder: str, requirements: Sequence[str]) -> str:
    """Make the environment and install what isn't in it yet; return its Python."""
    venv = ROOT / folder
    wanted = {name: digest(ROOT / name) for name in requirements}
    stamp = read_stamp(venv)
    sound = works(venv, stamp)
    if sound and all(stamp["requirements"].get(name) == wanted[name] for name in wanted):
        return str(python_of(venv))
    if not sound or not has_pip(venv):
        make_venv(venv)
        stamp = {"requirements": {}}
    say(f"Installing {requirements[-1]} into {folder} (a minute or two the first time) ...")
    (venv / STAMP).unlink(missing_ok=True)
    pip_install(venv, requirements)
    kept = {**stamp["requirements"], **wanted}
    packages = sorted(path.name for path in site_packages(venv).glob("*.dist-info"))
    (venv / STAMP).write_text(
        json.dumps({"requirements": kept, "packages": packages}), encoding="utf-8"
    )
    return str(python_of(venv))


def make_venv(venv: Path) -> None:
    """Make the environment anew."""
    if importlib.util.find_spec("ensurepip") is None:
        install_system_packages([venv_package()])
        importlib.invalidate_caches()
        if importlib.util.find_spec("ensurepip") is None:
            fail(f"Python's venv module is incomplete. Install {venv_package()} and start again.")
    say(f"Making {venv.name} with Python {platform.python_version()} ...")
    try:
        if venv.exists():
            shutil.rmtree(venv)
        done = subprocess.run(
            [outer_python(), "-m", "venv", str(venv)], check=False, capture_output=True, text=True
        )
    except OSError as error:
        fail(f"{venv} can't be made: {error.strerror}. Check the folder's owner and free space.")
    if done.returncode:
        fail(f"{venv.name} can't be made: {last_line(done.stdout + done.stderr)}")


def outer_python() -> str:
    """Return the Python to make environments with: never that of one, which may be what goes."""
    if sys.prefix == sys.base_prefix:
        return sys.executable
    return str(getattr(sys, "_base_executable", sys.executable))


def pip_install(venv: Path, requirements: Sequence[str]) -> None:
    """Install into `venv`, or end with one line on what went wrong."""
    command = [str(python_of(venv)), "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--quiet", "--progress-bar", "off", "--no-input"]
    for name in requirements:
        command += ["-r", str(ROOT / name)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode == 0:
        return
    log = venv / "pip.log"
    log.write_text(done.stdout + done.stderr, encoding="utf-8")
    told = done.stderr
    if "No space left" in told:
        fail("The disk is full. The application and its libraries need 1 GB.")
    if re.search(
        r"NewConnectionError|NameResolution|Connection ?(refused|reset|timed)|timed out", told
    ):
        fail(f"The packages can't be fetched: no network? Start again with one. Details: {log}")
    fail(f"The packages can't be installed: {last_line(told)} Details: {log}")


def works(venv: Path, stamp: Mapping[str, object]) -> bool:
    """Whether the environment is whole: its Python is there, and every package installed."""
    settings = venv / "pyvenv.cfg"
    packages = stamp.get("packages")
    if not (settings.is_file() and python_of(venv).exists() and isinstance(packages, list)):
        return False
    home = re.search(r"^home\s*=\s*(.+)$", settings.read_text(encoding="utf-8"), re.MULTILINE)
    if home is None or not Path(home.group(1).strip()).is_dir():
        return False
    here = site_packages(venv)
    return all((here / name / "METADATA").is_file() for name in packages)


def has_pip(venv: Path) -> bool:
    """Whether pip can be used in `venv`."""
    return (site_packages(venv) / "pip" / "__main__.py").is_file()


def read_stamp(venv: Path) -> dict[str, dict[str, str]]:
    """Return what was installed, empty when the environment was never finished."""
    try:
        stamp = json.loads((venv / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"requirements": {}}
    whole = isinstance(stamp, dict) and isinstance(stamp.get("requirements"), dict)
    return stamp if whole else {"requirements": {}}


def python_of(venv: Path) -> Path:
    """Return the path of the environment's Python."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def site_packages(venv: Path) -> Path:
    """Return the folder of installed packages."""
    if os.name == "nt":
        return venv / "Lib" / "site-packages"
    return next(iter(sorted(venv.glob("lib/python3.*/site-packages"))), venv / "lib")


def missing_libraries() -> list[str]:
    """Return the packages of the libraries that Qt needs and this Linux system lacks."""
    if not sys.platform.startswith("linux"):
        return []
    return sorted({name for library, name in QT_LIBRARIES.items() if not loads(library)})


def loads(library: str) -> bool:
    """Whether the system's loader finds `library`."""
    if importlib.util.find_spec("_ctypes") is None:
        return True  # a Python built without it can't try; Qt itself will tell
    import ctypes  # noqa: PLC0415

    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install_system_packages(packages: Sequence[str]) -> None:
    """Install Debian packages; where that can't be done say the exact command and end."""
    if not packages:
        return
    names = " ".join(packages)
    if not shutil.which("apt-get"):
        fail(f"The system lacks libraries. Install what Debian calls: {names}; then start again.")
    by_hand = f"sudo apt-get update && sudo apt-get install -y --no-install-recommends {names}"
    prefix = []
    if os.geteuid() != 0:
        if (
            not shutil.which("sudo")
            or subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode
        ):
            fail(f"System packages are missing, and installing them needs root. Run: {by_hand}")
        prefix = ["sudo", "-n"]
    say(f"Installing system packages with apt-get: {names} ...")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", *packages]):
        done = subprocess.run(
            [*prefix, "apt-get", *step], check=False, capture_output=True, text=True, env=quiet
        )
        if done.returncode:
            reason = last_line(done.stdout + done.stderr)
            fail(f"apt-get {step[0]} failed: {reason} Run it by hand: {by_hand}")


def venv_package() -> str:
    """Return the Debian package that completes the running Python's venv module."""
    system = Path("/usr/bin/python3").resolve()
    same = Path(sys.executable).resolve() == system
    return "python3-venv" if same else f"python3.{sys.version_info[1]}-venv"


def has_display() -> bool:
    """Whether a window can be shown at all."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def catalogues() -> str:
    """Return the path of the program that keeps the translations."""
    return str(ROOT / "resources" / "i18n" / "catalogues.py")


def named(options: Sequence[str], *names: str) -> bool:
    """Whether one of the options is given, in either spelling."""
    return any(option.split("=")[0] in names for option in options)


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> int:
    """Run a program in the project's folder; return its exit code."""
    sys.stdout.flush()
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **(environment or {})}) as child:
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue  # the program got it too and ends by itself


def digest(path: Path) -> str:
    """Return the hash of a requirements file."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        fail(f"{path} can't be read: {error.strerror}. Fetch the project again.")


def last_line(text: str) -> str:
    """Return the last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it didn't say why."


def say(text: str) -> None:
    """Tell the user, at once also when the output is a file."""
    print(text, flush=True)


def fail(text: str) -> NoReturn:
    """End with what went wrong and what to do."""
    sys.exit(f"launch.py: {text}")


def wrong_use(text: str) -> NoReturn:
    """End with exit code 2."""
    print(f"launch.py: {text}", file=sys.stderr)
    raise SystemExit(2)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("launch.py: stopped. The next start goes on from here.")
    except OSError as problem:
        fail(f"{problem.strerror}: {problem.filename}. Check the folder's owner and free space.")
