"""Breaks a YAML text in ways authors, editors and merges do, and knows where it did.

Positions come from PyYAML's composer, not from mlsj's own reader, so that a wrong position in mlsj cannot hide itself.
A `Mutation` says which parts of the new text are the mutated node and its parent; `placed` judges a diagnostic by them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import yaml

from mlsj.spec.diagnostics import Diagnostic, Span

Range = tuple[int, int]


@dataclass(frozen=True)
class Node:
    """A value of the text: its own range, its key's if it has one, and whether it is in flow style (`[…]`, `{…}`)."""

    value: Range
    key: Range | None
    parent: Node | None
    in_flow: bool
    data: object = field(compare=False, repr=False)

    @property
    def whole(self) -> Range:
        """The range from the key, if any, to the value's end."""
        return (self.key or self.value)[0], self.value[1]


@dataclass(frozen=True)
class Mutation:
    """A mutated text. `ranges` are where a diagnostic belongs; `lost` are texts that may now be missing elsewhere."""

    kind: str
    text: bytes
    ranges: tuple[Range, ...]
    lost: frozenset[str] = frozenset()


class Mutator:
    """Mutates one text; each mutation is drawn from the random generator it is given."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.nodes: list[Node] = []
        self._walk(yaml.compose(text, yaml.CSafeLoader), None, None, flow=False)

    def mutate(self, kind: str, rng: random.Random) -> Mutation:
        """Return one mutation of that kind, one of `KINDS`."""
        return KINDS[kind](self, rng)

    def _walk(self, node: yaml.Node, key: Range | None, parent: Node | None, *, flow: bool) -> object:
        start, end = node.start_mark.index, node.end_mark.index
        end = start + len(self.text[start:end].rstrip())
        index = len(self.nodes)
        self.nodes.append(Node((start, end), key, parent, flow, None))
        me = self.nodes[index]
        inner = flow or bool(getattr(node, "flow_style", False))
        data: object
        if isinstance(node, yaml.MappingNode):
            data = {
                k.value: self._walk(v, (k.start_mark.index, k.end_mark.index), me, flow=inner) for k, v in node.value
            }
        elif isinstance(node, yaml.SequenceNode):
            data = [self._walk(item, None, me, flow=inner) for item in node.value]
        else:
            data = yaml.load(self.text[start:end], yaml.CSafeLoader) if node.style is None else node.value
            data = data if isinstance(data, (str, int, float, bool, type(None))) else node.value
        object.__setattr__(me, "data", data)
        return data

    def _replace(self, kind: str, at: Range, new: str, node: Node, lost: Iterable[str] = ()) -> Mutation:
        """Replace a range of the text that belongs to `node`; the node and its parent move and grow with it."""
        shift = len(new) - (at[1] - at[0])
        parent = node.parent.whole if node.parent else node.whole
        ranges = tuple((min(a, at[0]), max(b, at[1]) + shift) for a, b in (node.whole, parent))
        text = self.text[: at[0]] + new + self.text[at[1] :]
        return Mutation(kind, text.encode(), ranges, frozenset(lost))

    def _scalars(self, at: Range) -> set[str]:
        """Return every scalar and key in a range."""
        inside = [n for n in self.nodes if at[0] <= n.value[0] and n.value[1] <= at[1]]
        keys = {self.text[n.key[0] : n.key[1]] for n in inside if n.key}
        return keys | {str(n.data) for n in inside if not isinstance(n.data, (dict, list))}

    def _pick(self, rng: random.Random, *, keyed: bool = False) -> Node:
        choices = [n for n in self.nodes[1:] if not keyed or n.key]
        return rng.choice(choices)

    def delete(self, rng: random.Random) -> Mutation:
        """Remove an entry of a mapping, or an item of a list."""
        node = self._pick(rng)
        at = node.whole
        if node.in_flow:
            before, after = self.text[: at[0]].rstrip(), self.text[at[1] :].lstrip()
            if after.startswith(","):
                at = at[0], len(self.text) - len(after) + 1
            elif before.endswith(","):
                at = len(before) - 1, at[1]
        elif node.key is None:
            at = self.text.rindex("-", 0, at[0]), at[1]
        return self._replace("delete", at, "", node, self._scalars(node.whole))

    def retype(self, rng: random.Random) -> Mutation:
        """Put a value of another kind in a value's place."""
        node = self._pick(rng)
        new = rng.choice(_VALUES)
        return self._replace("retype", node.value, new, node, self._scalars(node.value))

    def rename(self, rng: random.Random) -> Mutation:
        """Misspell a key, or give it the name of another."""
        node = self._pick(rng, keyed=True)
        assert node.key is not None
        old = self.text[node.key[0] : node.key[1]]
        other = rng.choice([n for n in self.nodes if n.key])
        assert other.key is not None
        cut = rng.randrange(len(old))
        new = rng.choice(
            [old + rng.choice("sxy"), old[:cut] + old[cut + 1 :] or "q", old[::-1], self.text[slice(*other.key)], "zz"]
        )
        return self._replace("rename", node.key, new, node, {old.strip("\"'"), *self._scalars(node.value)})

    def duplicate(self, rng: random.Random) -> Mutation:
        """Repeat an entry of a mapping, or an item of a list."""
        node = self._pick(rng)
        start, end = node.whole
        if node.in_flow:
            return self._replace("duplicate", (end, end), ", " + self.text[start:end], node)
        line = self.text.rindex("\n", 0, start) + 1 if "\n" in self.text[:start] else 0
        if node.key is None:
            start = self.text.rindex("-", 0, start)
        indent = "\n" + " " * (start - line)
        return self._replace("duplicate", (end, end), indent + self.text[start:end], node)

    def splice(self, rng: random.Random) -> Mutation:
        """Put another node's value in a value's place."""
        node, other = self._pick(rng), self._pick(rng)
        new = json.dumps(other.data, ensure_ascii=False, default=str)
        return self._replace("splice", node.value, new, node, self._scalars(node.value))

    def truncate(self, rng: random.Random) -> Mutation:
        """Cut the text off: what is missing belongs to the innermost nodes there, or to the head of one around them."""
        at = rng.randrange(1, len(self.text))
        cut = sorted((n for n in self.nodes if n.whole[0] < at <= n.value[1] + 1), key=lambda n: n.whole[0])
        ranges = [n.whole for n in cut[-2:]] + [self._head(n) for n in cut]
        text = self.text[:at]
        ends = (max(0, text.rstrip().rfind("\n")), at)
        lost = self._scalars((at, len(self.text)))
        return Mutation("truncate", text.encode(), (*((a, min(b, at)) for a, b in ranges), ends), frozenset(lost))

    def noise(self, rng: random.Random) -> Mutation:
        """Overwrite or insert a few random bytes."""
        at = rng.randrange(len(self.text))
        raw, drop = rng.randbytes(rng.randint(1, 8)), rng.choice([0, 0, 1, 8])
        around = sorted((n for n in self.nodes if n.whole[0] <= at <= n.value[1] + 1), key=lambda n: n.whole[0])[-2:]
        lost = {s for n in around[-1:] for s in self._scalars(n.whole)}
        made = self.text[:at].encode() + raw + self.text[at + drop :].encode()
        shift = len(raw.decode("utf-8", "replace")) - drop
        ranges = [(n.whole[0], max(n.value[1], at) + shift) for n in around]
        # What is broken may only be seen where the next token begins.
        ranges.append((at, at + len(raw) + len(self.text[at:].split("\n", 2)[0]) + 1))
        return Mutation("noise", made, tuple(ranges), frozenset(lost))

    def conflict(self, rng: random.Random) -> Mutation:
        """Leave the markers of an unresolved merge around some lines."""
        lines = self.text.splitlines(keepends=True)
        first = rng.randrange(len(lines))
        last = min(len(lines), first + rng.randint(1, 6))
        ours = "".join(lines[first:last])
        block = f"<<<<<<< HEAD\n{ours}=======\n{ours}>>>>>>> theirs\n"
        start = len("".join(lines[:first]))
        text = self.text[:start] + block + "".join(lines[last:])
        return Mutation("conflict", text.encode(), ((start, start + len(block)),))

    def _head(self, node: Node) -> Range:
        """Return the first line of a node, with its key."""
        start = node.whole[0]
        end = self.text.find("\n", start)
        return self.text.rfind("\n", 0, start) + 1, end if end >= 0 else len(self.text)


_VALUES = (
    "12", "-1", "2.5", "12.0", "1e400", ".nan", "true", "null", "", "~", '""', "[]", "{}", "[1, [2]]", "{a: b}",
    '"3-5"', "some text", "'x: y'", "|\n  block", "0x" + "f" * 60, "9" * 400, "../up", "draft",
)  # fmt: skip

KINDS: dict[str, Callable[[Mutator, random.Random], Mutation]] = {
    "delete": Mutator.delete,
    "retype": Mutator.retype,
    "rename": Mutator.rename,
    "duplicate": Mutator.duplicate,
    "splice": Mutator.splice,
    "truncate": Mutator.truncate,
    "noise": Mutator.noise,
    "conflict": Mutator.conflict,
}


def placed(mutation: Mutation, diagnostics: Iterable[Diagnostic]) -> bool:
    """Tell whether a diagnostic points into the mutated node or its parent, or at a place that names what is gone.

    Related places count: they are "the other place". A place that names what is gone is one whose text is the lost id;
    in another file, such as a source with a variant for a lost mistake, the message quotes it.
    """
    lines = _Lines(mutation.text.decode("utf-8", "replace"))
    for found in diagnostics:
        for span in (found.span, *(related.span for related in found.related)):
            if span.file != "curriculum.yaml":
                if any(f"'{lost}'" in found.message for lost in mutation.lost if lost):
                    return True
                continue
            start = lines.offset(span.line, span.column)
            if any(a <= start <= b for a, b in mutation.ranges):
                return True
            text = lines.text_at(span).strip("\"'")
            if text and text in mutation.lost:
                return True
    return False


class _Lines:
    """Offsets of the lines of a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.starts = [0]
        while (end := text.find("\n", self.starts[-1])) >= 0:
            self.starts.append(end + 1)

    def offset(self, line: int, column: int) -> int:
        return self.starts[min(line, len(self.starts)) - 1] + column - 1

    def text_at(self, span: Span) -> str:
        if not span.end_line:
            return ""
        return self.text[self.offset(span.line, span.column) : self.offset(span.end_line, span.end_column)]
