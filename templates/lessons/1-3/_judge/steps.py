"""Compacts copies of a store, and kills each at another step: just before it makes, renames, cuts or removes a file.

    python3 steps.py BASE TARGET SEGMENT_BYTES

Python's audit events (https://docs.python.org/3/library/audit_events.html) show the steps, so no timing decides where a
kill lands. TARGET/1, TARGET/2 … are what the kills leave; a line for each says at which step that was.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from typing import Any

from store import Store

EVENTS = {"os.rename", "os.remove", "os.link", "os.symlink", "os.truncate", "os.mkdir", "os.rmdir"}
CHANGES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
MOST = 80


def compact(path: str, segment_bytes: int, last: int) -> None:
    """Open the store and compact it, killed before its step number `last`."""
    seen = 0

    def look(event: str, args: tuple[Any, ...]) -> None:
        nonlocal seen
        if event in EVENTS or (event == "open" and isinstance(args[2], int) and args[2] & CHANGES):
            seen += 1
            if seen == last:
                name = os.path.basename(os.fsdecode(args[0])) if isinstance(args[0], (str, bytes)) else ""
                os.write(1, f"{last} killed before {event} {name}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)
    store = Store(path, segment_bytes)
    store.compact()
    store.close()


def main() -> None:
    """Kill at the first step, then at the second, until a compaction ends before its kill."""
    base, target, segment_bytes = sys.argv[1], sys.argv[2], int(sys.argv[3])
    for last in range(1, MOST + 1):
        path = os.path.join(target, str(last))
        shutil.copytree(base, path)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                compact(path, segment_bytes, last)
                code = 0
            finally:
                if code:
                    sys.excepthook(*sys.exc_info())
                os._exit(code)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            print(f"{last} ended", flush=True)
            sys.exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    main()
