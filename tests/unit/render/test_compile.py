"""The compiler as a whole: pure, repeatable, and whole files or a diagnostic."""

from __future__ import annotations

import builtins
import io
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from tiny_course import TINY, made, text, tiny, with_gpu

from mlsj.render.compile import EMITTERS, compile_course
from mlsj.spec.files import File
from mlsj.spec.locate import locate
from mlsj.spec.ownership import in_zone, plain

if TYPE_CHECKING:
    import pytest


def test_every_file_is_in_the_compilers_zone_with_an_emitter_and_a_place() -> None:
    loaded = with_gpu()
    files = made(loaded).files
    assert list(files) == sorted(files)
    for path, file in files.items():
        assert (file.path, plain(path), in_zone(path)) == (path, True, True)
        assert file.emitter in EMITTERS
        for origin in {file.origin, *(block.origin for block in file.blocks)}:
            assert locate(loaded, origin).line > 1 or origin in ("", "course"), origin
    assert {file.emitter for file in files.values()} == set(EMITTERS)


def test_compiling_touches_no_disk_clock_or_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = tiny()
    first = compile_course(loaded)  # reads the package's own templates once

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("render is pure")

    for module, name in (
        (builtins, "open"),
        (io, "open"),
        (os, "stat"),
        (os, "getenv"),
        (time, "time"),
        (os, "getcwd"),
    ):
        monkeypatch.setattr(module, name, forbidden)
    monkeypatch.setattr(Path, "open", forbidden)
    assert compile_course(loaded) == first


def test_the_same_bytes_whatever_the_hash_seed_the_zone_and_the_language() -> None:
    script = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1])\n"
        "from tiny_course import tiny, made\n"
        "files = made(tiny()).files\n"
        "told = [(p, f.data, f.blocks, f.executable) for p, f in files.items()]\n"
        "print(hashlib.sha256(repr(told).encode()).hexdigest())"
    )
    seen = set()
    for seed, zone, language in (("0", "UTC", "C"), ("1", "Asia/Tokyo", "de_DE.UTF-8"), ("random", "UTC", "C.UTF-8")):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LANG": language, "LC_ALL": language}
        command = [sys.executable, "-c", script, str(Path(__file__).parent)]
        seen.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(seen) == 1


def test_other_keys_and_blank_lines_change_no_output() -> None:
    source = (TINY / "curriculum.yaml").read_text()
    moved = tiny(
        ("  id: tiny\n  title: A tiny course\n", "\n  title: A tiny course\n\n  id: tiny\n"),
        ("title: Say hello\n        status: ready\n", "status: ready\n\n        title: Say hello\n"),
    )
    assert moved.source.text != source
    assert made(moved).files == made(tiny()).files


def test_a_broken_spec_compiles_to_nothing() -> None:
    rendered = compile_course(tiny(("title: Say hello", "tittle: Say hello")))
    assert (rendered.files, rendered.diagnostics) == ({}, ())


def test_two_emitters_of_one_path_are_told_with_both_places(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(course: object) -> list[File]:
        return [
            File("generated/README.md", b"x\n", "lessons/1-1", "second"),
            File("generated/lessons/1-1", b"x\n", "lessons/1-2", "second"),
            File("Stacks/CACHE.yml", b"x\n", "modules/2", "second"),
        ]

    monkeypatch.setitem(EMITTERS, "second", twice)
    loaded = tiny()
    found = compile_course(loaded).diagnostics
    page = "generated/lessons/1-1/README.md"
    assert [(d.code, d.message) for d in found] == [
        ("MLSJ-O001", "the course (index) and lessons/1-1 both compile to generated/README.md"),
        (
            "MLSJ-O001",
            f"lessons/1-1 and lessons/1-2 compile to {page} and generated/lessons/1-1, which cannot both exist",
        ),
        (
            "MLSJ-O001",
            "stacks/cache and modules/2 compile to stacks/cache.yml and Stacks/CACHE.yml, which cannot both exist",
        ),
    ]
    assert [d.span for d in found] == [locate(loaded, origin) for origin in ("lessons/1-1", "lessons/1-2", "modules/2")]
    assert [d.related[0].span for d in found] == [
        locate(loaded, origin) for origin in ("", "lessons/1-1", "stacks/cache")
    ]


def test_a_course_extends_a_page_and_replaces_another() -> None:
    own = {
        "templates/pages/lesson.md.j2": (
            '{% extends "default/lesson.md.j2" %}{% block navigation %}\n\n'
            'Ask {{ "<us> in #chat" }}, see {{ lesson.id | code }}.\n{% endblock %}'
        ),
        "templates/pages/note.md.j2": '{{ header }}\n\n{% include "parts/thanks.md.j2" %}\n',
        "templates/pages/parts/thanks.md.j2": "Thanks, {{ lesson.title }}",
    }
    rendered = made(tiny(files=own))
    page = text(rendered, "generated/lessons/1-1/README.md")
    assert page.endswith("```\n\nAsk \\<us\\> in \\#chat, see `1-1`.\n")
    assert "## Acceptance criteria" in page
    assert text(rendered, "generated/lessons/1-1/note.md").endswith("-->\n\nThanks, Say hello\n")


def test_what_a_template_prints_is_plain_text_unless_a_filter_says_otherwise() -> None:
    own = {
        "templates/pages/index.md.j2": (
            "{{ header }}\n\n{% macro m(x) %}<i>{{ x }}</i>{% endmacro %}"
            '{{ "<b>*x*" }} {{ "<b>*x*" | line }} {{ m("<u>") }} {{ none }} {{ 1.5 }}\n'
        )
    }
    assert text(made(tiny(files=own)), "generated/README.md").endswith(
        "-->\n\n\\<b\\>\\*x\\* &lt;b>*x* <i>\\<u\\></i>  1.5\n"
    )


def test_a_bytecode_cache_changes_nothing_but_the_time(tmp_path: Path) -> None:
    cache = jinja2.FileSystemBytecodeCache(str(tmp_path))
    first = compile_course(tiny(), bytecode_cache=cache)
    assert list(tmp_path.iterdir())
    assert first == compile_course(tiny(), bytecode_cache=cache) == made(tiny())


def test_hints_mistakes_and_the_after_word_are_on_no_generated_page() -> None:
    for path, file in made(tiny()).files.items():
        for secret in (
            b"sys.argv[0]",
            b"greets-the-world",
            b"Ignores the argument",
            b"An f-string calls",
            b"splits at any run",
        ):
            assert secret not in file.data, path


def test_drafts_are_marked_wherever_they_are_named() -> None:
    rendered = made(
        tiny(
            ("the words\n        status: ready", "the words\n        status: draft"),
            ("            uses: judge\n            with: {function: counts, args: {words: 200}}\n", ""),
            ("            uses: judge\n            with: {function: empty}\n", ""),
        )
    )
    assert "| 1-2 | [Count the words](lessons/1-2/README.md) | **draft** |" in text(rendered, "generated/README.md")
    assert "class L_1_2,L_2_1 draft" in text(rendered, "generated/README.md")
    assert "> **Draft.**" in text(rendered, "generated/lessons/1-2/README.md")
    assert "Next: [1-2: Count the words](../1-2/README.md) (draft)" in text(rendered, "generated/lessons/1-1/README.md")
    assert "[1-2: Count the words](../1-2/README.md) (draft)" in text(rendered, "generated/lessons/2-1/README.md")
    assert "# Lesson 1-2, a draft: Count the words" in text(rendered, "generated/course.mk")
    assert "generated/checks/test_1_2.py" not in rendered.files


def test_stubs_keep_their_executable_bit_and_their_bytes() -> None:
    files = made(tiny()).files
    stub = files["generated/lessons/1-1/work/greet.py"]
    assert stub.executable
    assert stub.data.startswith(b"#!/usr/bin/env python3\n")
    assert b"TODO" in stub.data
    assert b"#:" not in stub.data
    assert not files["generated/lessons/1-2/work/count.py"].executable
    assert [p for p in files if "judge" in p or "people.txt" in p or "prepare" in p] == []


def test_blocks_name_the_place_of_each_line() -> None:
    rendered = made(with_gpu())

    def lines(path: str, origin: str) -> list[str]:
        file = rendered.files[path]
        block = next(b for b in file.blocks if b.origin == origin)
        return file.data.decode().split("\n")[block.first - 1 : block.last]

    page = "generated/lessons/1-1/README.md"
    assert lines(page, "lessons/1-1/criteria/people") == [
        "- [ ] **`people`** (core · judged by `file`): `people.txt` names at least two people, one a line"
    ]
    assert lines(page, "lessons/1-1/quickstart") == ["```bash", "python3 work/1-1/greet.py Ada", "```"]
    assert lines("generated/course.mk", "stacks/cache")[0] == "# Stack cache: A key-value store"
    assert lines("generated/checks/test_1_2.py", "lessons/1-2/criteria/empty")[0] == "def test_empty(lesson):"
    assert lines("stacks/cache.yml", "services/redis")[0] == "  redis:"
    assert lines(".github/workflows/ci.yml", "runners/gpu")[0] == "  gpu:"
    assert lines("generated/README.md", "bibliography/redis-docs")[0].startswith("- `redis-docs`: [Redis")
