"""Calls a learner's function in a process of its own and reads what it wrote down, call by call."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from mlsj.kinds import _harness
from mlsj.kinds._compare import apart, together
from mlsj.kinds.base import Context, Overran, Ran

# The program is read from standard input, so that the command in the evidence stays readable.
_BOOT = (
    "import sys; exec(compile(sys.stdin.buffer.read(int(sys.argv[1])), 'the judge', 'exec'), {'__name__': 'judged'})"
)
_MAX_RESULTS = 256 * 2**20


class Raised(msgspec.Struct, frozen=True):
    """An exception: names of its types, own first, its text, and the line of the learner's file, 0 if unknown."""

    names: tuple[str, ...]
    text: str
    line: int

    @property
    def said(self) -> str:
        """As Python prints it."""
        return f"{self.names[0]}: {self.text}" if self.text else self.names[0]


class Answer(msgspec.Struct):
    """What became of one call."""

    state: Literal["", "begun", "returned", "raised", "untold"] = ""
    value: Any = None
    changed: bool = False
    """Its arguments were changed."""


class Answers(msgspec.Struct):
    """What became of all calls. `unloaded` is why the file could not be loaded, `names` what it has instead."""

    calls: list[Answer]
    unloaded: Raised | None = None
    there: bool = False
    names: list[str] | None = None
    complete: bool = False
    garbled: str = ""
    ran: Ran | None = None
    """How the process ended; None when it did not end in time."""

    @property
    def current(self) -> int | None:
        """The call that had begun and did not end."""
        return next((i for i, answer in enumerate(self.calls) if answer.state == "begun"), None)


def package(file: Path, work: Path) -> tuple[Path, str]:
    """Return the folder to search modules in and the module's name: a file in a package is loaded as its part."""
    folder, names = file.parent, [file.stem]
    while folder != work and (folder / "__init__.py").is_file():
        names.insert(0, folder.name)
        folder = folder.parent
    return folder, ".".join(names)


def ask(context: Context, file: Path, function: str, calls: Sequence[bytes], *, keep: bool, arrays: bool) -> Answers:
    """Call `function` of `file` with each of the encoded argument lists, in this order."""
    import tempfile

    root, module = package(file, context.work)
    handle, path = tempfile.mkstemp(prefix="results-", dir=context.scratch)
    # Held open from here: whatever is put in its place later is not what is read.
    with os.fdopen(handle, "rb") as results:
        job = [path, str(root), module, str(file), function, keep, arrays, list(calls)]
        text = Path(_harness.__file__).read_bytes()
        argv = ["python3", "-I", "-c", _BOOT, str(len(text))]
        answers = Answers([Answer() for _ in calls])
        try:
            answers.ran = context.run(argv, stdin=text + _harness.encode(job, apart))
        except Overran:
            answers.ran = None
        size = os.fstat(results.fileno()).st_size
        if size > _MAX_RESULTS:
            answers.garbled = f"more than {_MAX_RESULTS // 2**20} MiB of results"
            return answers
        results.seek(0)
        try:
            _read(results.read(), answers)
        except (ValueError, TypeError, IndexError, msgspec.ValidationError):
            answers.garbled = "results that cannot be read: something else wrote into their file"
    return answers


def _read(data: bytes, answers: Answers) -> None:
    """Sort the records by call. They come from a process that the learner's code runs in: nothing in them is believed
    but as an answer to be compared."""
    at = 0
    while at + 17 <= len(data):
        tag, (index, size) = data[at : at + 1], struct.unpack_from("<QQ", data, at + 1)
        payload, at = data[at + 17 : at + 17 + size], at + 17 + size
        if len(payload) != size:
            return  # cut short: the process ended while it wrote
        if tag == b"D":
            answers.complete = True
        elif tag == b"X":
            answers.unloaded = _raised(payload)
        elif tag == b"F":
            there, names = _harness.decode(payload, together)
            answers.there, answers.names = there is True, [str(name)[:80] for name in names]
        else:
            answer = answers.calls[index]
            if tag == b"M":
                answer.changed = True
            elif tag == b"B":
                answer.state = "begun"
            elif tag == b"R":
                answer.state, answer.value = "returned", _harness.decode(payload, together)
            elif tag == b"E":
                answer.state, answer.value = "raised", _raised(payload)
            elif tag == b"O":
                answer.state, answer.value = "untold", str(_harness.decode(payload, together))[:200]


def _raised(payload: bytes) -> Raised:
    names, text, line = _harness.decode(payload, together)
    return msgspec.convert({"names": names or ["an exception"], "text": text, "line": line}, Raised)
