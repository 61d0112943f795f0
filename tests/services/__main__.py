"""Install what the tests need from the system, or say the one line that does: ``python3 tests/services``.

Runs before the virtual environment exists, so it uses the standard library only. ``browser`` as argument is the second try, inside the
virtual environment, for systems without a Chromium package (Ubuntu's is a snap): Playwright downloads one.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import subprocess
import sys

import chromium

FONTS = {":lang=ko": "fonts-nanum", ":charset=1f514": "fonts-noto-color-emoji"}
"""What pages show, as fontconfig asks for it, and the package that has it: Hangul, and the signs of messages."""


def main(arguments: list[str]) -> int:
    """Install what is missing; return 0 when nothing is, 1 when a person must run a line first."""
    return browser() if arguments == ["browser"] else system()


def system() -> int:
    """See to Python's venv, Chromium, fonts and a library of Playwright's, from the system's packages."""
    missing = []
    if importlib.util.find_spec("ensurepip") is None and not os.path.exists(".venv/bin/pip"):
        missing.append(f"{os.path.basename(sys.executable)}-venv" if sys.executable != "/usr/bin/python3" else "python3-venv")
    if chromium.find() is None and not _is_ubuntu():
        missing.append("chromium")
    missing += [package for pattern, package in FONTS.items() if not _has_font(pattern)]
    if not _has_libatomic():
        missing.append("libatomic1")
    if not missing:
        return 0
    if shutil.which("apt-get") is None:
        print(f"The tests need these, which your system's package manager has: {' '.join(missing)}", file=sys.stderr)
        return 1
    return _apt(missing)


def browser() -> int:
    """See to a Chromium by other means than a package; ``system`` went before."""
    if chromium.find() is not None:
        return 0
    install = [sys.executable, "-m", "playwright", "install", "chromium"]
    may = _root_prefix()
    command = [*install, "--with-deps"] if may is not None else install
    print("Downloading a Chromium for the tests (once) …", flush=True)
    if subprocess.run(command, check=False).returncode == 0 and chromium.find() is not None:
        return 0
    print("The tests need a Chromium that runs. Run this line, then make test again:\n"
          f"  sudo {' '.join(install)} --with-deps", file=sys.stderr)
    return 1


def _apt(packages: list[str]) -> int:
    line = f"sudo apt-get install -y --no-install-recommends {' '.join(packages)}"
    prefix = _root_prefix()
    if prefix is None:
        print(f"The tests need system packages. Run this line, then make test again:\n  {line}", file=sys.stderr)
        return 1
    print(f"Installing for the tests (once): {' '.join(packages)} …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = [*prefix, "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "env": environment}
    subprocess.run([*apt, "update"], check=False, **quiet)
    if subprocess.run([*apt, "install", "-y", "--no-install-recommends", *packages], check=False, **quiet).returncode == 0:
        return 0
    print(f"That did not work. Run this line to see why, then make test again:\n  {line}", file=sys.stderr)
    return 1


def _root_prefix() -> list[str] | None:
    """Return what to put before a command to run it as root: nothing as root, ``sudo -n`` where no password is asked, else ``None``."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None


def _is_ubuntu() -> bool:
    try:
        with open("/etc/os-release", encoding="utf-8") as release:
            return "ID=ubuntu\n" in release.read()
    except OSError:
        return False


def _has_font(pattern: str) -> bool:
    listed = shutil.which("fc-list")
    return listed is not None and bool(subprocess.run([listed, pattern, "family"], capture_output=True, check=False).stdout.strip())


def _has_libatomic() -> bool:
    """Tell whether the library is there that Playwright's own node needs and a small Debian lacks."""
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        return sys.platform != "linux"
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
