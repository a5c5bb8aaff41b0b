"""Entry point of `mlsj` and `python -m mlsj`.

`mlsj generate` without options, which `make` runs all the time, does not wait for the command line's library: with
nothing to do it takes as long as importing that would.
"""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    # A command lives for a moment: looking for garbage costs it more than the garbage does.
    gc.disable()
    try:
        code = _generate() if sys.argv[1:] == ["generate"] else None
        if code is not None:
            _leave(code)
        from mlsj.cli.main import main as run

        run()
    except SystemExit as leaving:
        if not isinstance(leaving.code, int):
            raise
        _leave(leaving.code)
    except KeyboardInterrupt:  # while modules were being imported
        print("Stopped.", file=sys.stderr)
        _leave(130)


def _generate() -> int | None:
    """Generate in the course here; None where the command line has to look, and say what is in the way."""
    try:
        from mlsj.project import stamp

        root = os.getcwd()  # noqa: PTH109 - pathlib costs more than all the rest
        while not os.path.isfile(os.path.join(root, "curriculum.yaml")):  # noqa: PTH113, PTH118
            above = os.path.dirname(root)  # noqa: PTH120
            if above == root:
                return None
            root = above
        files = stamp.up_to_date(root)
        if files is not None:
            print(stamp.nothing_to_do(files), flush=True)
            return 0
        from mlsj.cli import generating

        return generating.write(os.path.realpath(root), (), "text")
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return 130
    except RuntimeError as error:
        # click's Exit, which is raised after everything was said.
        said = getattr(error, "exit_code", None)
        return said if isinstance(said, int) else None
    except Exception:  # noqa: BLE001 - generating is idempotent: the command line does it again and reports
        return None


def _leave(code: int) -> None:
    """End the process without taking a whole course apart object by object, which costs a tenth of a compile."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # the caller closed it
                stream.flush()
    except OSError:  # the pipe was closed, and the command line has dealt with that
        pass
    # A tracer, such as a coverage tool, writes what it saw at a regular end only.
    if sys.gettrace() is not None:
        sys.exit(code)
    os._exit(code)


if __name__ == "__main__":
    main()
