"""What crashes leave: the files after each acknowledged write, and copies of them that are cut short or damaged."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kv_client import Client, Truth, operations
from mlsj.kinds.base import Context

SEGMENT = 1500

Files = dict[str, tuple[int, bytes]]


@dataclass
class Step:
    """One acknowledged write: the command, what the store must hold before and after it, and the files after it."""

    line: str
    before: Truth
    after: Truth
    files: Files

    @property
    def contents(self) -> dict[str, bytes]:
        return {name: data for name, (_, data) in self.files.items()}


def recorded(context: Context) -> list[Step]:
    """Write one command at a time, and keep what the files are after each."""

    def make() -> list[Step]:
        chance, truth, folder = random.Random(f"{context.seed}/recorded"), Truth(), context.scratch / "recorded"
        steps: list[Step] = []
        with Client(context, folder, SEGMENT) as client:
            client.ready()
            for number in range(110):
                before = truth.copy()
                (line,) = operations(chance, truth, 1)
                client.do([line])
                steps.append(Step(line, before, truth.copy(), files_of(folder)))
                if number == 60:
                    client.open(folder)
        return steps

    return context.once("recorded", make)


def cuts(chance: random.Random, steps: list[Step], wanted: int) -> Iterator[tuple[Step, str, list[dict[str, bytes]]]]:
    """Yield writes with what a crash in the middle of each may leave: one set of files for each order of writing.

    Where a write lets several files grow, nobody outside knows which grew first.
    """
    places = []
    for earlier, later in itertools.pairwise(steps):
        old, new = earlier.contents, later.contents
        grown = [name for name in new if grew(old.get(name, b""), new[name])]
        if grown and len(grown) <= 3 and all(old.get(name) == new.get(name) for name in {*old, *new} - {*grown}):
            places.append((later, old, new, grown))
    # Puts that lack their last byte come first: most formats end in the value.
    puts = [place for place in places if place[0].line.startswith("PUT")]
    chosen = [(place, 1.0) for place in chance.sample(puts, min(4, len(puts)))]
    chosen += [(place, chance.random()) for place in chance.sample(places, min(wanted - len(chosen), len(places)))]
    for (step, old, new, grown), share in chosen:
        sizes = {name: len(new[name]) - len(old.get(name, b"")) for name in grown}
        total = sum(sizes.values())
        kept = min(int(share * total), total - 1)
        orders = []
        for order in itertools.permutations(grown):
            files, left = dict(old), kept
            for name in order:
                files[name] = new[name][: len(old.get(name, b"")) + min(left, sizes[name])]
                left = max(left - sizes[name], 0)
            orders.append(files)
        yield step, f"with {kept} of the {total} bytes that {step.line.split(' ')[0]} appended", orders


def half_written(base: Path, target: Path, kills: list[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """Return copies of the states between two kills in which only one file had grown, with that file cut short."""
    found = []
    earlier = contents_of(base)
    for folder, _ in kills:
        now = contents_of(folder)
        changed = [name for name in {*now, *earlier} if now.get(name) != earlier.get(name)]
        for name in changed:
            old, new = earlier.get(name, b""), now.get(name, b"")
            # A file that has got another name is no file that was written.
            if len(changed) > 1 or not grew(old, new) or new in earlier.values():
                continue
            for kept in sorted({len(old), (len(old) + len(new)) // 2, len(new) - 1}):
                copy = made(target / f"{folder.name}-{kept}", now | {name: new[:kept]})
                found.append((copy, f"killed when {kept} of {len(new)} bytes of {name} were written"))
        earlier = now
    return found


def flips(chance: random.Random, files: dict[str, bytes], count: int) -> Iterator[tuple[str, dict[str, bytes]]]:
    """Yield copies of files in which one bit is another, and which bit that is."""
    total = sum(len(data) for data in files.values())
    for _ in range(count):
        at, bit = chance.randrange(total), chance.randrange(8)
        for name, data in files.items():
            if at < len(data):
                flipped = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
                yield f"after bit {bit} of byte {at} in {name} was flipped", files | {name: flipped}
                break
            at -= len(data)


def grew(old: bytes, new: bytes) -> bool:
    return len(new) > len(old) and new.startswith(old)


def files_of(folder: Path) -> Files:
    """Return every file below `folder`, by name, with its inode and bytes."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): (file.stat().st_ino, file.read_bytes()) for file in files}


def contents_of(folder: Path) -> dict[str, bytes]:
    return {name: data for name, (_, data) in files_of(folder).items()}


def size_of(folder: Path) -> int:
    return sum(len(data) for data in contents_of(folder).values())


def made(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files below a new folder and return it."""
    folder.mkdir()
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder
