"""Installs ./requirements.txt into ./python, where index.py looks for it. An empty file asks for nothing."""

import importlib.util
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path("requirements.txt")


def main():
    lines = [line.strip() for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines()]
    if not any(line and not line.startswith("#") for line in lines):
        return 0
    if importlib.util.find_spec("pip") is None:
        print(f"{sys.executable} has no pip, which {REQUIREMENTS} needs: "
              "install it (Debian: apt-get install python3-pip) or empty the file.", file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
               "--target", "python", "--requirement", str(REQUIREMENTS)]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
