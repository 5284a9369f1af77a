"""Calls function/handler.py with the body, as the watchdog starts this process for each call."""

import os
import sys

FUNCTION = os.path.join(os.path.dirname(os.path.abspath(__file__)), "function")
# What install.py installed, and the function's own modules, so that `import helper` works here as in its tests.
sys.path[1:1] = [os.path.join(FUNCTION, "python"), FUNCTION]

from function import handler  # noqa: E402

answer = handler.handle(sys.stdin.buffer.read().decode("utf-8", errors="replace"))
if isinstance(answer, bytes):
    sys.stdout.buffer.write(answer)
elif answer is not None:
    sys.stdout.write(str(answer))
