"""Judges lesson 1-3: what a store answers after kills, cuts and flipped bits, and what the kernel counted meanwhile.

It knows nothing of a store's format. It speaks to the learner's `Store` through its own copy of kv.py, looks at the
files after each acknowledged write, and makes from them what a crash at that write leaves. Nothing depends on timing:
kills come after a chosen acknowledgement, or before a chosen step of a compaction (`_judge/steps.py`).
"""

import itertools
import json
import random
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

# Helpers of this judge lie in `_judge`; like this file, they never reach a learner.
sys.path.insert(0, str(Path(__file__).parent / "_judge"))

import kv_problems as problems
from kv_client import Client, Ended, Truth, Wrong, cut, judged, key_of, operations, tool
from kv_counts import ROWS, SEGMENT_BYTES, beside, figures, seeds
from kv_states import SEGMENT, Step, cuts, flips, half_written, made, recorded, size_of
from mlsj.kinds.base import Context, Finding, measured, passed, unverified

# Bounds of the store's figures, as fractions of the B-tree's in the same run.
WRITE_FRACTION, READ_FRACTION, MISS_FRACTION = 0.1, 0.5, 0.1


@judged
def model(context: Context) -> Finding:
    """Seeded operations are answered as a dictionary answers them, and so is everything after opening again."""
    chance, truth, folder = context.random, Truth(), context.scratch / "model"
    stem = chance.randbytes(6)
    keys = [stem[:size] for size in range(1, 7)] + [stem + end for end in (b"\0", b"\n", b" ", b"\xff", b"\0\0")]
    keys += [chance.randbytes(chance.randrange(1, 32)) for _ in range(90)]
    keys = list(dict.fromkeys(keys))
    gets = [f"GET {key.hex()}" for key in keys]
    sessions, each = 5, 260
    with Client(context, folder, 3000) as client:
        client.ready()
        for session in range(1, sessions + 1):
            # Once a value is longer than two bytes can say.
            changes = [truth.put(chance.choice(keys), chance.randbytes(70_000))] if session == 1 else []
            expected = ["OK" for _ in changes]
            for key, kind in ((chance.choice(keys), chance.random()) for _ in range(each)):
                if kind < 0.55:
                    changes.append(truth.put(key, chance.randbytes(chance.choice((0, 1, 40, chance.randrange(300))))))
                elif kind < 0.7:
                    changes.append(truth.delete(key))
                else:
                    changes.append(f"GET {key.hex()}")
                expected.append("OK" if kind < 0.7 else truth.answer(key))
            differ(truth, changes, client.ask(changes), expected, f"in session {session}")
            client.open(folder)
            when = f"after session {session} of {sessions} and opening again"
            differ(truth, gets, client.ask(gets), [truth.answer(key) for key in keys], when)
    with Client(context, folder, 3000) as client:
        client.ready(problems.NOT_AGAIN)
        differ(truth, gets, client.ask(gets), [truth.answer(key) for key in keys], "in a new process")
    return passed(
        f"{sessions * each + 1:,} operations on {len(keys)} keys, and all keys after each of {sessions} sessions"
    )


def differ(truth: Truth, lines: list[str], answers: list[str], expected: list[str], when: str) -> None:
    """Raise Wrong for the most telling answer that is not the expected one."""
    found: dict[problems.Problem, tuple[str, str]] = {}
    for line, got, want in zip(lines, answers, expected, strict=True):
        if got == want:
            continue
        if truth.had(key_of(line), got):
            problem = problems.OLDER
        elif got.startswith("ERR"):
            problem = problems.RAISES
        else:
            problem = problems.MISSING if got == "NONE" else problems.OTHER
        found.setdefault(problem, (cut(want), f"{cut(got)} to {cut(line)}, {when}"))
    for problem in (problems.OLDER, problems.MISSING, problems.OTHER, problems.RAISES):
        if problem in found:
            raise Wrong(problem, *found[problem])


@judged
def crash(context: Context) -> Finding:
    """The program is killed after a chosen acknowledgement; in every second round, more writes are under way then."""
    chance, truth, folder = context.random, Truth(), context.scratch / "crash"
    under_way: dict[bytes, set[str]] = {}  # what else a key may be: writes that nobody acknowledged
    acknowledged, rounds = 0, 6
    for turn in range(rounds + 1):
        with Client(context, folder, 2048) as client:
            client.ready(problems.NOT_AFTER_KILL if turn else problems.NOT_OPEN)
            for key, said in client.get(list(truth.past)).items():
                if said not in {truth.answer(key)} | under_way.get(key, set()):
                    whole = said == "NONE" or truth.had(key, said)
                    raise Wrong(
                        problems.LOST if whole else problems.INVENTED,
                        f"{cut(truth.answer(key))}, as acknowledged",
                        f"{cut(said)} for key {key.hex()}, after {acknowledged} acknowledged writes and kill {turn}",
                    )
                truth.settle(key, said)
            if turn == rounds:
                break
            lines = list(operations(chance, truth, chance.randrange(4, 40)))
            client.do(lines)
            acknowledged += len(lines)
            before, burst = truth.copy(), []
            under_way = {}
            for line in operations(chance, truth, 0 if turn % 2 else 30):
                burst.append(line)
                under_way.setdefault(key_of(line), set()).add(truth.answer(key_of(line)))
            client.send(burst)
            client.program.signal(signal.SIGKILL)
            truth.now = before.now
    return passed(f"{acknowledged} acknowledged writes are there after {rounds} kills, and nothing that was not put")


@judged
def append_only(context: Context) -> Finding:
    """No byte that was written is written again, and a full segment stays as it is."""
    steps = recorded(context)
    for earlier, later in itertools.pairwise(steps):
        for name, (inode, old) in earlier.files.items():
            inode_now, new = later.files.get(name, (0, b""))
            if inode_now != inode or new == old:
                continue  # gone, replaced by another file of its name, or unchanged
            what = later.line.split(" ")[0]
            if not new.startswith(old):
                at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), len(new))
                raise Wrong(
                    problems.REWRITTEN,
                    "each file grows at its end, or stays",
                    f"byte {at} of {name}, which had {len(old)} bytes, is another one after a {what}",
                )
            if len(old) >= 2 * SEGMENT:
                raise Wrong(
                    problems.NOT_ROLLED,
                    f"a new file once one holds segment_bytes, here {SEGMENT}",
                    f"{name} grew from {len(old)} to {len(new)} bytes",
                )
    return passed(f"{len(steps)} writes: every file only grew at its end, was new, or was gone")


@judged
def torn_tail(context: Context) -> Finding:
    """A write that is cut short takes nothing along and hinders nothing; a flipped bit never becomes a value."""
    chance, steps = context.random, recorded(context)
    numbers, done, flipped = itertools.count(), 0, 60
    with Client(context, context.scratch / "torn", SEGMENT) as client:
        client.ready()
        for step, when, orders in cuts(chance, steps, 24):
            wrongs = []
            for files in orders:
                try:
                    recovers(client, chance, step, when, made(context.scratch / f"torn-{next(numbers)}", files))
                except Wrong as wrong:
                    wrongs.append(wrong)
            if len(wrongs) == len(orders):
                raise wrongs[0]
            done += 1
    if done == 0:
        return unverified("each write changes more than three files: nobody can tell what a crash in between leaves")
    endures(context, chance, steps[-1], flipped)
    return passed(
        f"{done} writes cut short, each recovered and written behind; {flipped} flipped bits, no invented value"
    )


def recovers(client: Client, chance: random.Random, step: Step, when: str, folder: Path) -> None:
    """Open the files of a write that was cut short, look at every key, write, and look after opening once more."""
    own = key_of(step.line)
    client.open(folder, problems.NOT_AFTER_CUT, f" {when}")
    answers = client.get(list(step.after.past))
    for key, said in answers.items():
        if said == step.before.answer(key) or (key == own and said == step.after.answer(key)):
            continue
        invented = said.startswith("VALUE") and not step.after.had(key, said)
        problem = problems.NEVER_WRITTEN if invented else problems.TOOK_ALONG
        raise Wrong(problem, cut(step.before.answer(key)), f"{cut(said)} for key {key.hex()}, {when}")
    truth = step.before.copy()
    truth.settle(own, answers[own])
    lines = [truth.put(chance.randbytes(8), chance.randbytes(80)), truth.put(own, chance.randbytes(50))]
    client.do([*lines, *operations(chance, truth, 3, new=0.2)])
    client.open(folder, problems.NOT_BEHIND_CUT, f" after a recovery {when}")
    for key, said in client.get(list(truth.past)).items():
        if said != truth.answer(key):
            got = f"{cut(said)} for key {key.hex()}, after a recovery {when}, writes, and opening again"
            raise Wrong(problems.LOST_BEHIND_CUT, cut(truth.answer(key)), got)


def endures(context: Context, chance: random.Random, step: Step, count: int) -> None:
    """Open damaged copies and get every key: an error is right, an older value too, invented bytes never."""
    client: Client | None = None
    with ExitStack() as stack:
        for number, (when, files) in enumerate(flips(chance, step.contents, count)):
            folder = made(context.scratch / f"flip-{number}", files)
            try:
                if client is None:
                    client = stack.enter_context(Client(context, folder, SEGMENT))
                else:
                    client.send([f"OPEN {folder}"])
                answers = client.get(list(step.after.past)) if client.line() == "READY" else {}
            except Ended as ended:
                if ended.silent:
                    raise
                client = None  # it refused by ending; another one opens the next
                continue
            for key, said in answers.items():
                if said.startswith("VALUE") and not step.after.had(key, said):
                    expected = f"{cut(step.after.answer(key))}, or an error"
                    raise Wrong(problems.NEVER_WRITTEN, expected, f"{cut(said)} for key {key.hex()}, {when}")


@judged
def compaction(context: Context) -> Finding:
    """The space comes back, the deleted stays deleted, and what is written afterwards counts."""
    chance, truth, folder = context.random, Truth(), context.scratch / "compaction"
    keys = [chance.randbytes(chance.randrange(6, 14)) for _ in range(100)]
    deleted = chance.sample(keys, 50)

    def overwrite(times: int) -> list[str]:
        order = [key for _ in range(times) for key in chance.sample(keys, len(keys))]
        return [truth.put(key, chance.randbytes(chance.randrange(60, 120))) for key in order]

    def look(when: str, problem: problems.Problem = problems.CHANGED) -> None:
        for key, said in client.get(keys).items():
            if said != truth.answer(key):
                risen = key not in truth.now and said.startswith("VALUE")
                got = f"{cut(said)} for key {key.hex()}, {when}"
                raise Wrong(problems.RISEN if risen else problem, cut(truth.answer(key)), got)

    with Client(context, folder, 4096) as client:
        client.ready()
        client.do([*overwrite(2), "COMPACT"])
        look("after the first compact")
        client.open(folder)
        client.do(overwrite(6))
        client.open(folder)
        client.do([*overwrite(2), *map(truth.delete, deleted)])
        before = size_of(folder)
        client.do(["COMPACT"])
        look("after the second compact")
        client.open(folder)
        look("after the second compact and opening again")
        client.open(context.scratch / "elsewhere")
        live, after = sum(len(key) + len(value) for key, value in truth.now.items()), size_of(folder)
        size = measured("size after compact", [after], "bytes", at_most=2 * live + 64 * len(truth.now) + 4096)
        if not size.kept:
            raise Wrong(problems.TOO_LARGE, f"at most {size.bound:,.0f} bytes for {live:,} live ones", size.text, size)
        client.open(folder)
        client.do([truth.put(key, chance.randbytes(70)) for key in chance.sample(keys, 40)])
        client.open(folder)
        look("written after the second compact, after opening again", problems.UNDONE)
        client.do(["COMPACT"])
        client.open(folder)
        look("after the third compact and opening again")
    return passed(f"{before:,} bytes became {after:,} for {live:,} live ones, and no deleted key came back", size)


@judged
def compaction_crash(context: Context) -> Finding:
    """A compaction that is killed before any of its steps loses nothing and brings nothing back."""
    chance, truth, base = context.random, Truth(), context.scratch / "steps-base"
    keys = [chance.randbytes(8) for _ in range(70)]
    with Client(context, base, 4096) as client:
        client.ready()
        client.do([truth.put(key, chance.randbytes(90)) for key in keys])
        for _ in range(3):
            client.do([truth.put(key, chance.randbytes(90)) for key in chance.sample(keys[25:], 45)])
        client.do([truth.delete(key) for key in chance.sample(keys[5:], 20)])
        client.open(context.scratch / "elsewhere")
    target = context.scratch / "steps"
    target.mkdir()
    argv = ["python3", str(tool(context, "steps.py")), str(base), str(target), "4096"]
    ran = context.run(argv, env={"PYTHONPATH": str(context.work)})
    if ran.exit_code != 0:
        raise Wrong(problems.NOT_ENDED, "a compaction that ends", ran.ending)
    lines = [line.split(" ", 1) for line in ran.stdout.splitlines() if " killed " in line]
    kills = [(target / number, how) for number, how in lines]
    with Client(context, context.scratch / "elsewhere", 4096) as client:
        client.ready()
        for folder, how in kills + half_written(base, target, kills):
            for when in (how, f"{how}, then compacted once more"):
                client.open(folder, problems.NOT_AFTER_COMPACT_KILL, f" when it was {when}")
                answers = client.get(keys)
                for key in sorted(keys, key=lambda key: key not in truth.now):
                    if answers[key] != truth.answer(key):
                        problem = problems.COMPACT_LOST if key in truth.now else problems.COMPACT_RISEN
                        got = f"{cut(answers[key])} for key {key.hex()}, {when}"
                        raise Wrong(problem, cut(truth.answer(key)), got)
                if when == how:
                    client.do(["COMPACT"])
    return passed(f"compact was killed before each of its {len(kills)} steps, and nothing was lost or came back")


@judged
def memory(context: Context) -> Finding:
    """What a store holds in memory grows with its keys, not with its values."""
    chance, count, size = context.random, 2000, 5000
    keys = [chance.randbytes(8) for _ in range(count)]
    resident = []
    for name in ("empty", "filled"):
        with Client(context, context.scratch / name) as client:
            client.ready()
            client.get(keys[:100])
            rss = client.program.usage().rss_bytes
            if rss is None:
                return unverified("this system does not say how much memory a process has (Linux does, in /proc/PID)")
            resident.append(rss / 2**20)
            if name == "empty":
                client.open(context.scratch / "filled")
                client.do([f"PUT {key.hex()} {chance.randbytes(size).hex()}" for key in keys])
                client.open(context.scratch / "empty")
    values = count * size / 2**20
    grown = measured("memory beyond an empty store's", [resident[1] - resident[0]], "MiB", at_most=values / 2)
    if not grown.kept:
        raise Wrong(problems.IN_MEMORY, f"at most half of {values:.1f} MiB of values", grown.text, grown)
    return passed(f"{values:.1f} MiB of values are on the disk, and only their index is in memory", grown)


@judged
def write_amplification(context: Context) -> Finding:
    """The store writes a fraction of what the B-tree writes for the same rows, compaction included."""
    found = figures(context)
    if isinstance(found, str):
        return unverified(found)
    own, other = beside(found, "write", "written for each byte put", WRITE_FRACTION)
    if not own.kept:
        raise Wrong(problems.WRITES, f"at most {own.bound:.3g} bytes", own.text, own, other)
    if own.value < 1:
        raise Wrong(problems.UNSEEN, "at least 1 byte for each byte of keys and values", own.text, own, other)
    return passed(f"{own.value:.2f} bytes written for each byte put, beside SQLite's {other.value:.1f}", own, other)


@judged
def read_amplification(context: Context) -> Finding:
    """A get reads the record and hardly more; a get of a key that is not there reads next to nothing."""
    found = figures(context)
    if isinstance(found, str):
        return unverified(found)
    hit, page = beside(found, "read", "read for a get", READ_FRACTION)
    miss, other = beside(found, "miss", "read for a get of a key that is not there", MISS_FRACTION)
    for problem, own in ((problems.READS, hit), (problems.MISSES, miss)):
        if not own.kept:
            raise Wrong(problem, f"at most {own.bound:.0f} bytes", own.text, hit, page, miss, other)
    return passed(f"{hit.value:.0f} bytes read for a get, beside SQLite's {page.value:.0f}", hit, page, miss, other)


@judged
def own_figures(context: Context) -> Finding:
    """The learner's program counts what the judge counts for the same rows."""
    found = figures(context)
    if isinstance(found, str):
        return unverified(found)
    options = {"--rows": ROWS, "--seed": seeds(context)[0], "--segment-bytes": SEGMENT_BYTES}
    ran = context.run(["python3", "amplification.py", *(str(text) for option in options.items() for text in option)])
    where = "work/1-3/amplification.py"
    try:
        said = json.loads(ran.stdout) if ran.exit_code == 0 else None
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Wrong(problems.NO_FIGURES, "one JSON object", ran.ending, where=where)
    for engine, name in itertools.product(found, ("write", "read", "space")):
        true, own = found[engine][0][name], said.get(engine)
        figure = own.get(name) if isinstance(own, dict) else None
        # Asking the kernel is itself a read, of some hundred bytes.
        slack = 0.1 * true + (1 if name == "read" else 0.01)
        if not isinstance(figure, (int, float)) or abs(figure - true) > slack:
            problem = problems.not_counted(name, engine)
            raise Wrong(problem, f"{true:.3g}, within a tenth", f"{figure}", where=where)
    return passed("write, read and space of both engines are what the judge counted, within a tenth")
