"""What runs beside a learner's function: it decodes arguments, calls, and writes down exactly what came back.

The text of this file is sent to a Python of its own, which has none of our modules; the judge imports it for `encode`
and `decode`. Values travel by exact type, never by what an object says of itself: an `__eq__`, `__class__` or
`__reduce__` of the learner's has no say. Everything it needs is imported and named before the learner's code loads.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import struct
import sys
import types
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 100
# How numpy names the types of plain numbers, and how `struct` does.
NUMBERS = {
    "b1": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q",
    "f2": "e", "f4": "f", "f8": "d",
}  # fmt: skip
_DICTS = (dict, OrderedDict, defaultdict, Counter)
_ITEMS: dict[Any, bytes] = {list: b"l", tuple: b"t", set: b"S", frozenset: b"Z"}
_BUILD: dict[bytes, Callable[[list[Any]], Any]] = {b"l": list, b"t": tuple, b"S": set, b"Z": frozenset}
_type, _pack, _unpack, _write = type, struct.pack, struct.unpack_from, os.write
# An array as (dtype, shape, bytes): what takes one apart, and what puts one together.
Apart = Callable[[Any], "tuple[str, tuple[int, ...], bytes] | None"]
Together = Callable[[str, "tuple[int, ...]", bytes], Any]


class Untold(Exception):  # noqa: N818 - the message says what it is
    """A value that cannot be told exactly; the message names it."""


def encode(value: Any, apart: Apart) -> bytes:
    """Return `value` as bytes. Raises Untold for anything but plain data and what `apart` takes apart."""
    parts: list[bytes] = []
    _put(value, apart, parts, MAX_DEPTH, [MAX_BYTES])
    return b"".join(parts)


def _put(value: Any, apart: Apart, parts: list[bytes], depth: int, room: list[int]) -> None:
    kind = _type(value)
    if depth == 0:
        raise Untold(f"something nested deeper than {MAX_DEPTH} levels, or that contains itself")
    if value is None or value is True or value is False:
        data = b"N" if value is None else b"T" if value else b"F"
    elif kind is int:
        data = _sized(b"i", b"%x" % value)
    elif kind is float:
        data = b"f" + _pack("<d", value)
    elif kind is str:
        data = _sized(b"s", value.encode("utf-8", "surrogatepass"))
    elif kind in (bytes, bytearray):
        data = _sized(b"b", bytes(value))
    elif kind in _ITEMS or kind in _DICTS:
        data = b""
        items: Sequence[Any] = list(value)
        tag = _ITEMS.get(kind, b"d")
        parts.append(tag + _pack("<Q", len(items)))
        for item in items:
            _put(item, apart, parts, depth - 1, room)
            if tag == b"d":
                _put(dict.__getitem__(value, item), apart, parts, depth - 1, room)
    else:
        array = apart(value)
        if array is None:
            raise Untold(f"an object of type {called(kind)}")
        dtype, shape, content = array
        data = b"a" + _sized(b"", dtype.encode()) + _pack(f"<Q{len(shape)}Q", len(shape), *shape) + _sized(b"", content)
    room[0] -= len(data) + 9
    if room[0] < 0:
        raise Untold(f"more than {MAX_BYTES // 2**20} MiB of data")
    parts.append(data)


def _sized(tag: bytes, data: bytes) -> bytes:
    return tag + _pack("<Q", len(data)) + data


def decode(data: bytes, together: Together) -> Any:
    """Return the value that `data` holds, made anew. Raises ValueError for bytes that `encode` did not write."""
    try:
        value, end = _take(data, 0, together, MAX_DEPTH + 1)
    except (struct.error, IndexError, KeyError, TypeError, UnicodeDecodeError, OverflowError) as error:
        raise ValueError(f"not a value: {error}") from None
    if end != len(data):
        raise ValueError("more than one value")
    return value


def _take(data: bytes, at: int, together: Together, depth: int) -> tuple[Any, int]:
    tag, at = data[at : at + 1], at + 1
    if depth == 0:
        raise ValueError("nested too deeply")
    if tag in (b"N", b"T", b"F"):
        return {b"N": None, b"T": True, b"F": False}[tag], at
    if tag == b"f":
        return _unpack("<d", data, at)[0], at + 8
    if tag in (b"i", b"s", b"b"):
        text, at = _text(data, at)
        return (int(text, 16) if tag == b"i" else text.decode("utf-8", "surrogatepass") if tag == b"s" else text), at
    if tag == b"a":
        dtype, at = _text(data, at)
        (size,) = _unpack("<Q", data, at)
        if size > MAX_DEPTH:
            raise ValueError("too many dimensions")
        shape = _unpack(f"<{size}Q", data, at + 8)
        content, at = _text(data, at + 8 + 8 * size)
        return together(dtype.decode(), tuple(shape), content), at
    (count,) = _unpack("<Q", data, at)
    at += 8
    if count > len(data):
        raise ValueError("a count beyond the end")
    items = []
    for _ in range(count * (2 if tag == b"d" else 1)):
        item, at = _take(data, at, together, depth - 1)
        items.append(item)
    return (dict(zip(items[::2], items[1::2], strict=True)) if tag == b"d" else _BUILD[tag](items)), at


def _text(data: bytes, at: int) -> tuple[bytes, int]:
    (size,) = _unpack("<Q", data, at)
    end = at + 8 + size
    if end > len(data):
        raise ValueError("a text beyond the end")
    return data[at + 8 : end], end


def called(kind: type) -> str:
    """Return the name of a type with its module, whatever the type says of itself."""
    try:
        name = f"{kind.__module__}.{kind.__qualname__}"
    except BaseException:  # noqa: BLE001 - a metaclass may do anything
        return "that hides its name"
    return name.removeprefix("builtins.")[:80] if _type(name) is str else "that hides its name"


# ── in the learner's process alone ──────────────────────────────────────────────────────────────────────────────


def _apart(value: Any) -> tuple[str, tuple[int, ...], bytes] | None:
    """Take a numpy array or scalar apart, of numpy's own types alone."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not (_type(value) is numpy.ndarray or numpy.generic in _type(value).__mro__[1:]):
        return None
    array = numpy.asarray(value)
    if array.dtype.str[1:] not in NUMBERS:
        raise Untold(f"a numpy array of dtype {array.dtype}")
    return array.dtype.str, tuple(array.shape), array.tobytes()


def _together(dtype: str, shape: tuple[int, ...], data: bytes) -> Any:
    import numpy  # type: ignore[import-not-found,unused-ignore]

    return numpy.frombuffer(data, dtype).reshape(shape).copy()


def _described(error: BaseException, file: str) -> list[Any]:
    """Return an exception as names of its types, its text and the last line of `file` that it came through."""
    names = [kind.__name__ for kind in _type(error).__mro__]
    try:
        text = str(error)[:500]
    except BaseException:  # noqa: BLE001 - the learner's __str__ may do anything
        text = "(its text cannot be made)"
    line, step = 0, error.__traceback__
    while step is not None:
        line = step.tb_lineno if step.tb_frame.f_code.co_filename == file else line
        step = step.tb_next
    return [names, text if _type(text) is str else "", line]


def _load(root: str, module: str, file: str) -> types.ModuleType:
    sys.path.insert(0, root)
    sys.argv = [file]
    sys.dont_write_bytecode = True
    if "." in module:
        return importlib.import_module(module)
    # A file called like a module that is loaded already is still the file that is meant.
    name = f"learner_{module}" if module in sys.modules else module
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} is not a Python file")
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made


def main() -> None:
    """Read the job from standard input, make its calls, and append a record for each step to its file of results."""
    results, root, module, file, function, keep, arrays, calls = decode(sys.stdin.buffer.read(), _together)
    channel = os.open(results, os.O_WRONLY | os.O_APPEND)
    if arrays:
        import numpy  # type: ignore[import-not-found,unused-ignore]  # noqa: F401 - before the learner's folder is searched
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - a function that asks for input meets its end

    def say(tag: bytes, index: int = 0, value: Any = None) -> None:
        payload = value if _type(value) is bytes else encode(value, _apart)
        frame = tag + _pack("<QQ", index, len(payload)) + payload
        while frame:
            frame = frame[_write(channel, frame) :]

    try:
        loaded = _load(root, module, file)
    except BaseException as error:  # noqa: BLE001 - SystemExit too
        say(b"X", 0, _described(error, file))
        return
    wanted = vars(loaded).get(function)
    if not callable(wanted):
        names = [n for n, v in vars(loaded).items() if callable(v) and not n.startswith("_") and _type(n) is str]
        say(b"F", 0, [wanted is not None, names[:50]])
        return
    for index, data in enumerate(calls):
        arguments = decode(data, _together)
        before = encode(arguments, _apart) if keep else b""
        say(b"B", index)
        try:
            returned = wanted(*arguments)
            payload = encode(returned, _apart)
        except Untold as untold:
            say(b"O", index, str(untold))
        except BaseException as error:  # noqa: BLE001 - whatever it raises is its answer
            say(b"E", index, _described(error, file))
        else:
            say(b"R", index, payload)
        if keep:
            try:
                same = encode(arguments, _apart) == before
            except Exception:  # noqa: BLE001 - what cannot be told any more was changed
                same = False
            if not same:
                say(b"M", index)
    say(b"D")


if __name__ == "judged":
    try:
        main()
        sys.stdout.flush()
    except BaseException as error:  # noqa: BLE001 - whatever the learner's code did to this process
        try:
            os.write(2, f"{called(type(error))}: {error}".encode("utf-8", "replace"))
        finally:
            os._exit(70)  # EX_SOFTWARE of sysexits.h
    os._exit(0)  # threads and exit handlers of the learner's must not hold up the end
