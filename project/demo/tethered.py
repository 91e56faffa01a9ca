"""``python -m project.demo.tethered MODULE ...``: ``python -m MODULE ...``, but it ends with us.

Standard input is a pipe that the demo holds open and never writes to. When the demo is gone,
however it went, the pipe is at its end, and this process asks itself to terminate.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _leave_with_parent() -> None:
    # Not sys.stdin: a thread blocked on its lock would disturb the interpreter's shutdown.
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
