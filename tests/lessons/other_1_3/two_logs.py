"""A right store that shares nothing with the reference: keys in one log, values in another, as WiscKey keeps them.

It holds a lock, ends its segments with a name of their own, and compacts by itself when most of its bytes are garbage.
"""

import fcntl
import hashlib
import pathlib
import re


def digest(*parts):
    return hashlib.blake2b(b"|".join(parts), digest_size=8).digest()


class Pair:
    """One segment: `N.keys` with a line for each change, and `N.values` with nothing but values."""

    def __init__(self, folder, number):
        self.number = number
        self.keys, self.values = (folder / f"{number}.{kind}" for kind in ("keys", "values"))
        self.out = self.values.open("ab", buffering=0), self.keys.open("ab", buffering=0)

    def size(self):
        return sum(file.tell() for file in self.out)

    def add(self, key, value):
        values, keys = self.out
        at = values.tell()
        if value:
            values.write(value)
        fields = [
            key.hex().encode(),
            b"-" if value is None else b"%d %d" % (at, len(value)),
            digest(value or b"").hex().encode(),
        ]
        keys.write(b" ".join([*fields, digest(*fields).hex().encode()]) + b"\n")
        return None if value is None else (self, at, len(value), fields[2])

    def changes(self, last):
        data, at = self.keys.read_bytes(), 0
        for line in data.splitlines(keepends=True):
            found = re.fullmatch(rb"([0-9a-f]*) (-|\d+ \d+) ([0-9a-f]{16}) ([0-9a-f]{16})\n", line)
            if not found or digest(*found.groups()[:3]).hex().encode() != found[4]:
                if last and at + len(line) == len(data):
                    self.out[1].truncate(at)
                    self.out[1].seek(at)
                    return
                raise RuntimeError(f"{self.keys}: damage at byte {at}")
            at += len(line)
            place = None if found[2] == b"-" else (self, *map(int, found[2].split()), found[3])
            yield bytes.fromhex(found[1].decode()), place

    def fetch(self, at, size, check):
        with self.values.open("rb", buffering=0) as file:
            file.seek(at)
            value = file.read(size)
        if digest(value).hex().encode() != check:
            raise RuntimeError(f"{self.values}: damage at byte {at}")
        return value

    def close(self):
        for file in self.out:
            file.close()


class Store:
    def __init__(self, path, segment_bytes=1 << 20):
        self.folder, self.limit, self.index = pathlib.Path(path), segment_bytes, {}
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = (self.folder / "LOCK").open("a")
        fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for unfinished in self.folder.glob("*.new"):
            unfinished.unlink()
        numbers = sorted(int(file.stem) for file in self.folder.glob("*.keys"))
        for orphan in self.folder.glob("*.values"):
            if int(orphan.stem) not in numbers:
                orphan.unlink()
        self.pairs = [Pair(self.folder, number) for number in numbers or [10]]
        for pair in self.pairs:
            for key, place in pair.changes(pair is self.pairs[-1]):
                self._note(key, place)

    def _note(self, key, place):
        self.index.pop(key, None) if place is None else self.index.update({key: place})

    def _add(self, key, value):
        if self.pairs[-1].size() >= self.limit:
            if len(self.pairs) > 8 and sum(p.size() for p in self.pairs) > 4 * sum(
                80 + p[2] for p in self.index.values()
            ):
                self.compact()
            else:
                self.pairs.append(Pair(self.folder, self.pairs[-1].number + 10))
        self._note(key, self.pairs[-1].add(key, value))

    def put(self, key, value):
        self._add(key, value)

    def delete(self, key):
        self._add(key, None)

    def get(self, key):
        place = self.index.get(key)
        return place and place[0].fetch(*place[1:])

    def compact(self):
        old, number = self.pairs, self.pairs[-1].number
        target = number + 5
        self.pairs = [*old, Pair(self.folder, number + 10)]
        merged = Pair.__new__(Pair)
        merged.number, merged.keys, merged.values = (
            target,
            *(self.folder / f"{target}.{k}.new" for k in ("keys", "values")),
        )
        merged.out = merged.values.open("wb"), merged.keys.open("wb")
        for key, place in list(self.index.items()):
            self.index[key] = merged.add(key, place[0].fetch(*place[1:]))
        merged.close()
        merged.values = merged.values.rename(self.folder / f"{target}.values")
        merged.keys = merged.keys.rename(self.folder / f"{target}.keys")
        merged.out = merged.values.open("ab", buffering=0), merged.keys.open("ab", buffering=0)
        self.pairs = [merged, self.pairs[-1]]
        for pair in old:
            pair.close()
            pair.keys.unlink()
            pair.values.unlink()

    def close(self):
        for pair in self.pairs:
            pair.close()
        self.lock.close()
