"""A right store that shares nothing with the reference: lines of JSON, and a pointer to the generation that counts.

PATH/CURRENT              name of the generation, replaced as a whole
PATH/0001/0001.jsonl …    its segments; a compaction writes the next generation and then moves the pointer
"""
# ruff: noqa: PTH102, PTH103, PTH105, PTH107, PTH110, PTH112, PTH123, PTH208, SIM115

import base64
import json
import os
import shutil
import zlib


def line_of(key, value):
    texts = [base64.b64encode(key).decode(), None if value is None else base64.b64encode(value).decode()]
    return json.dumps([zlib.adler32(repr(texts).encode()), *texts]).encode() + b"\n"


def parsed(line):
    try:
        check, *texts = json.loads(line)
        good = line.endswith(b"\n") and check == zlib.adler32(repr(texts).encode())
        return [None if text is None else base64.b64decode(text) for text in texts] if good else None
    except (ValueError, TypeError):
        return None


class Store:
    def __init__(self, path, segment_bytes=1 << 20):
        self.path, self.limit = str(path), segment_bytes
        self.where, self.reader, self.log = {}, None, None
        os.makedirs(self.path, exist_ok=True)
        if not os.path.exists(f"{self.path}/CURRENT"):
            os.makedirs(f"{self.path}/0001", exist_ok=True)
            self._point("0001")
        with open(f"{self.path}/CURRENT") as file:
            self.generation = file.read()
        if not os.path.isdir(self._folder()):
            raise OSError(f"{self.path}/CURRENT names {self.generation!r}, which is not there")
        for name in os.listdir(self.path):
            if name not in ("CURRENT", self.generation):
                other = f"{self.path}/{name}"
                shutil.rmtree(other) if os.path.isdir(other) else os.remove(other)
        self._load()

    def _folder(self):
        return f"{self.path}/{self.generation}"

    def _point(self, generation):
        with open(f"{self.path}/CURRENT.new", "w") as file:
            file.write(generation)
            file.flush()
            os.fsync(file.fileno())
        os.replace(f"{self.path}/CURRENT.new", f"{self.path}/CURRENT")

    def _load(self):
        names = sorted(os.listdir(self._folder())) or ["0001.jsonl"]
        for name in names:
            at = 0
            with open(f"{self._folder()}/{name}", "ab+") as file:
                file.seek(0)
                lines = file.readlines()
                for number, line in enumerate(lines):
                    pair = parsed(line)
                    if pair is None:
                        if name == names[-1] and number == len(lines) - 1:
                            file.truncate(at)
                            break
                        raise OSError(f"{name} is damaged at byte {at}")
                    self._note(*pair, (name, at, len(line)))
                    at += len(line)
        self.log = open(f"{self._folder()}/{names[-1]}", "ab", buffering=0)
        self.name = names[-1]

    def _note(self, key, value, place):
        if value is None:
            self.where.pop(key, None)
        else:
            self.where[key] = place

    def _add(self, key, value):
        if self.log.tell() >= self.limit:
            self.log.close()
            self.name = f"{int(self.name[:4]) + 1:04}.jsonl"
            self.log = open(f"{self._folder()}/{self.name}", "ab", buffering=0)
        at, line = self.log.tell(), line_of(key, value)
        assert self.log.write(line) == len(line)
        self._note(key, value, (self.name, at, len(line)))

    def put(self, key, value):
        self._add(key, value)

    def delete(self, key):
        self._add(key, None)

    def get(self, key):
        if key not in self.where:
            return None
        name, at, size = self.where[key]
        with open(f"{self._folder()}/{name}", "rb", buffering=0) as file:
            file.seek(at)
            pair = parsed(file.read(size))
        if pair is None:
            raise OSError(f"{name} is damaged at byte {at}")
        return pair[1]

    def compact(self):
        old, following = self._folder(), f"{int(self.generation) + 1:04}"
        os.mkdir(f"{self.path}/{following}")
        number, out, written = 0, None, 0
        for key in list(self.where):
            line = line_of(key, self.get(key))
            if out is None or written >= self.limit:
                if out is not None:
                    out.close()
                number, written = number + 1, 0
                out = open(f"{self.path}/{following}/{number:04}.jsonl", "wb")
            out.write(line)
            written += len(line)
        if out is not None:
            out.close()
        self._point(following)
        self.log.close()
        self.generation, self.where = following, {}
        shutil.rmtree(old)
        self._load()

    def close(self):
        if self.log is not None:
            self.log.close()
