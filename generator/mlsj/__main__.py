"""Entry point of `mlsj` and `python -m mlsj`."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line; `mlsj generate` with nothing to do ends before even the command line is imported."""
    # A command lives for a moment: looking for garbage costs it more than the garbage does.
    gc.disable()
    if sys.argv[1:] == ["generate"] and _nothing_to_generate():
        return
    from mlsj.cli.main import main as run

    try:
        run()
    except SystemExit as leaving:
        _leave(leaving)


def _leave(leaving: SystemExit) -> None:
    """End the process without taking a whole course apart object by object, which costs a tenth of a compile."""
    # A tracer, such as a coverage tool, writes what it saw at a regular end only.
    if sys.gettrace() is not None or not isinstance(leaving.code, int):
        raise leaving
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # the pipe was closed, and the command line has dealt with that
        pass
    os._exit(leaving.code)


def _nothing_to_generate() -> bool:
    """Say so and return True when the course here is up to date; whatever is in the way is the full run's to report."""
    try:
        from mlsj.project import stamp

        root = os.getcwd()  # noqa: PTH109 - pathlib costs more than all the rest
        while not os.path.isfile(os.path.join(root, "curriculum.yaml")):  # noqa: PTH113, PTH118
            above = os.path.dirname(root)  # noqa: PTH120
            if above == root:
                return False
            root = above
        files = stamp.up_to_date(root)
        if files is None:
            return False
        print(stamp.nothing_to_do(files), flush=True)
    except (OSError, ValueError, AttributeError):
        return False
    return True


if __name__ == "__main__":
    main()
