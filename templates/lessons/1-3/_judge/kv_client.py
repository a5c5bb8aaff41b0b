"""The judge's side of a store: what it must hold, the program that answers for it, and how a judgement ends."""

import functools
import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kv_problems import NOT_AGAIN, NOT_OK, NOT_OPEN, SILENT, Problem
from mlsj.kinds.base import Context, Finding, Measurement, Program, failed

# No more is under way at a time than a pipe holds, so neither side waits for the other.
CHUNK_BYTES = 16 * 1024
ANSWER_S = 30.0


class Wrong(Exception):
    """The work does not meet the criterion; carries the finding."""

    def __init__(
        self, problem: Problem, expected: str, got: str, *figures: Measurement, where: str = "work/1-3/store.py"
    ) -> None:
        super().__init__(problem.message)
        self.finding = failed(
            problem.message,
            expected=expected,
            got=got,
            next_step=problem.next_step,
            where=where,
            measurements=figures,
        )


class Ended(Exception):
    """The program that answers for the store has ended, or no longer answers (`silent`)."""

    def __init__(self, how: str, *, silent: bool = False) -> None:
        super().__init__(how)
        self.silent = silent


def judged(function: Callable[[Context], Finding]) -> Callable[[Context], Finding]:
    """Let a criterion end in the first Wrong."""

    @functools.wraps(function)
    def judge(context: Context) -> Finding:
        try:
            return function(context)
        except Wrong as wrong:
            return wrong.finding
        except Ended as ended:
            return Wrong(SILENT, "an answer to each line", str(ended)).finding

    return judge


@dataclass
class Truth:
    """What a store must hold, and every value that each key ever had."""

    now: dict[bytes, bytes] = field(default_factory=dict)
    past: dict[bytes, set[bytes]] = field(default_factory=dict)

    def copy(self) -> "Truth":
        return Truth(dict(self.now), {key: set(values) for key, values in self.past.items()})

    def put(self, key: bytes, value: bytes) -> str:
        """Set a key and return the command that does it."""
        self.now[key] = value
        self.past.setdefault(key, set()).add(value)
        return f"PUT {key.hex()} {value.hex()}"

    def delete(self, key: bytes) -> str:
        """Remove a key and return the command that does it."""
        self.now.pop(key, None)
        return f"DEL {key.hex()}"

    def settle(self, key: bytes, said: str) -> None:
        """Take what a GET answered for what is there."""
        if said == "NONE":
            self.now.pop(key, None)
        else:
            self.now[key] = bytes.fromhex(said.removeprefix("VALUE "))

    def answer(self, key: bytes) -> str:
        """Return what a GET must answer."""
        return shown(self.now.get(key))

    def had(self, key: bytes, said: str) -> bool:
        """Tell whether an answer is a value that the key had at some time."""
        return said in {shown(value) for value in self.past.get(key, ())}


class Client:
    """The judge's side of one kv.py; `sent` and `heard` are the bytes that its pipes have carried."""

    def __init__(self, context: Context, folder: Path, segment_bytes: int = 1 << 20, engine: str = "store") -> None:
        argv = ["python3", str(tool(context, "kv.py")), str(folder), "--engine", engine]
        env = {"PYTHONPATH": str(context.work)}
        self.program: Program = context.start([*argv, "--segment-bytes", str(segment_bytes)], cwd=context.work, env=env)
        self.sent = self.heard = 0

    def __enter__(self) -> "Client":
        self.program.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self.program.__exit__(*exception)

    def line(self) -> str:
        """Return the next answer."""
        try:
            line = self.program.line(ANSWER_S)
        except TimeoutError:
            raise Ended(f"no answer within {ANSWER_S:g} s", silent=True) from None
        if line is None:
            raise Ended(self.program.wait(5).ending)
        self.heard += len(line) + 1
        return line

    def send(self, lines: Iterable[str]) -> None:
        """Send commands without waiting for their answers."""
        text = "".join(f"{line}\n" for line in lines)
        self.sent += len(text)
        self.program.send(text)

    def ask(self, lines: Sequence[str]) -> list[str]:
        """Return the answers to `lines`, of which only as many are under way as the pipes can hold."""
        answers: list[str] = []
        group: list[str] = []
        size = 0
        for line in lines:
            if group and size + len(line) > CHUNK_BYTES:
                self.send(group)
                answers += [self.line() for _ in group]
                group, size = [], 0
            group.append(line)
            size += len(line) + (256 if line.startswith("GET") else 8)  # the answer to a GET is as long as a value
        self.send(group)
        return answers + [self.line() for _ in group]

    def do(self, lines: Sequence[str]) -> None:
        """Send commands that change the store; each must be answered OK."""
        for line, said in zip(lines, self.ask(lines), strict=True):
            if said != "OK":
                raise Wrong(NOT_OK, f"OK to {cut(line)}", cut(said))

    def get(self, keys: Sequence[bytes]) -> dict[bytes, str]:
        """Return the answers to a GET of each key."""
        return dict(zip(keys, self.ask([f"GET {key.hex()}" for key in keys]), strict=True))

    def ready(self, problem: Problem = NOT_OPEN, when: str = "") -> None:
        """Take the answer to the opening of a store."""
        try:
            said = self.line()
        except Ended as ended:
            said = str(ended)
        if said != "READY":
            raise Wrong(problem, "READY", cut(said) + when)

    def open(self, folder: Path, problem: Problem = NOT_AGAIN, when: str = "") -> None:
        """Close the store that is open, and open another."""
        self.send([f"OPEN {folder}"])
        self.ready(problem, when)


def operations(chance: random.Random, truth: Truth, count: int, *, new: float = 0.6) -> Iterator[str]:
    """Yield commands that change the store: new keys, overwrites (half of them of the same length) and deletes."""
    for _ in range(count):
        kind = chance.random()
        if kind < new or not truth.now:
            yield truth.put(chance.randbytes(chance.randrange(4, 12)), chance.randbytes(chance.randrange(60, 140)))
            continue
        key = chance.choice(sorted(truth.now))
        if kind < new + (1 - new) * 0.7:
            same = len(truth.now[key]) if chance.random() < 0.5 else chance.randrange(60, 140)
            yield truth.put(key, chance.randbytes(same))
        else:
            yield truth.delete(key)


def tool(context: Context, name: str) -> Path:
    """Return a copy of one of the lesson's own programs, apart from the reference that lies beside it."""

    def make() -> Path:
        folder = context.scratch / "tools"
        folder.mkdir()
        for each in ("kv.py", "btree.py", "_judge/steps.py"):
            shutil.copy(context.sources / each, folder)
        return folder

    return context.once("tools", make) / Path(name).name


def key_of(line: str) -> bytes:
    """Return the key of a command."""
    return bytes.fromhex(line.split(" ")[1])


def shown(value: bytes | None) -> str:
    """Return the answer that stands for a value, or for none."""
    return "NONE" if value is None else f"VALUE {value.hex()}"


def cut(text: str) -> str:
    """Return a text for a message."""
    return text if len(text) <= 60 or text.startswith("ERR") else f"{text[:48]}… ({len(text)} characters)"
