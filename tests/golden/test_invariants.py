"""What must hold for every course: one spec gives the same bytes wherever, whenever and by whomever it is compiled."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mlsj.project.read import read_tree
from mlsj.render.compile import compile_course
from mlsj.spec.diagnostics import has_errors
from mlsj.spec.files import CURRICULUM, File, InputFile, Tree
from mlsj.spec.load import load
from mlsj.spec.ownership import MANIFEST, in_zone, plain

SURROUNDINGS = {
    "hash seed 0": {"PYTHONHASHSEED": "0"},
    "hash seed 1": {"PYTHONHASHSEED": "1"},
    "hash seed random": {"PYTHONHASHSEED": "random"},
    "far away": {"TZ": "Pacific/Kiritimati", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"},
    "no UTF-8": {"LANG": "C", "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "another home": {"HOME": "/nonexistent", "USER": "somebody", "COLUMNS": "40", "TERM": "dumb", "NO_COLOR": "1"},
}


@pytest.fixture
def tiny(tmp_path: Path, repository: Path) -> Path:
    return Path(shutil.copytree(repository / "tests" / "courses" / "tiny", tmp_path / "tiny"))


def generate(course: Path, *, cwd: Path | None = None, umask: int = 0o022, **environment: str) -> str:
    """Run the installed program in its own process and return what it said."""
    ran = subprocess.run(
        [sys.executable, "-m", "mlsj", "-C", os.path.relpath(course, cwd) if cwd else str(course), "generate"],
        cwd=cwd, umask=umask, env=os.environ | environment, capture_output=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout.decode()


def outputs(course: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and mode of everything the compiler owns."""
    owned = [p for p in course.rglob("*") if p.is_file() and in_zone(p.relative_to(course).as_posix())]
    return {
        p.relative_to(course).as_posix(): (p.read_bytes(), p.stat().st_mode & 0o777)
        for p in [*owned, course / MANIFEST]
    }


def compiled(tree: Tree) -> dict[str, File]:
    loaded = load(tree)
    assert not has_errors(loaded.diagnostics), [d.message for d in loaded.diagnostics]
    rendered = compile_course(loaded)
    assert not has_errors(rendered.diagnostics), [d.message for d in rendered.diagnostics]
    return rendered.files


def with_spec(tree: Tree, text: str) -> Tree:
    return Tree({**tree.files, CURRICULUM: InputFile(text.encode())})


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_the_surroundings_do_not_matter(tiny: Path, tmp_path: Path, name: str) -> None:
    elsewhere = Path(shutil.copytree(tiny, tmp_path / "else where" / "tïny"))
    generate(tiny, PYTHONHASHSEED="7")
    generate(elsewhere, cwd=tmp_path / "else where", umask=0o077, **SURROUNDINGS[name])
    assert outputs(tiny) == outputs(elsewhere)


def test_the_order_in_which_files_are_found_does_not_matter(tiny: Path) -> None:
    tree = read_tree(tiny)
    backwards = Tree(dict(reversed(tree.files.items())))
    assert compiled(backwards) == compiled(tree)


def test_twice_in_one_process_and_with_everything_made_anew_gives_the_same(tiny: Path) -> None:
    assert list(compiled(read_tree(tiny)).items()) == list(compiled(read_tree(tiny)).items())


def test_no_output_knows_where_or_by_what_it_was_made(tiny: Path) -> None:
    from mlsj import __version__

    for path, file in compiled(read_tree(tiny)).items():
        for word in (str(tiny), str(Path.home()), os.uname().nodename, f"mlsj {__version__}"):
            assert word.encode() not in file.data, (path, word)


def test_every_output_is_well_formed(tiny: Path) -> None:
    for path, file in compiled(read_tree(tiny)).items():
        assert path == file.path
        assert plain(path)
        assert in_zone(path)
        assert b"\r" not in file.data, path
        assert not file.data or file.data.endswith(b"\n"), path
        file.data.decode("utf-8")


@pytest.mark.parametrize("seed", range(5))
def test_unrelated_keys_may_stand_in_any_order(tiny: Path, seed: int) -> None:
    """Mappings are shuffled at every depth; where readers see the author's order, it is left."""
    chance = random.Random(seed)
    tree = read_tree(tiny)
    wanted = compiled(tree)

    def shuffled(value: object, key: str = "") -> object:
        if isinstance(value, dict):
            items = [(k, shuffled(v, k)) for k, v in value.items()]
            if key not in ORDERED:
                chance.shuffle(items)
            return dict(items)
        return [shuffled(item) for item in value] if isinstance(value, list) else value

    # Not PyYAML's loader of YAML 1.1 values: the spec's own, or `on` would come back as True.
    data = load(tree).source.data
    text = yaml.safe_dump(shuffled(data), sort_keys=False, allow_unicode=True, width=1000)
    assert compiled(with_spec(tree, text)) == wanted


# Mappings that are printed in the author's order.
ORDERED = {"bibliography"}


@pytest.mark.parametrize("seed", range(3))
def test_blank_lines_and_comments_change_nothing(tiny: Path, seed: int) -> None:
    chance = random.Random(seed)
    tree = read_tree(tiny)
    lines: list[str] = ["# a comment at the top", ""]
    block: int | None = None  # indentation of the key whose block text we are in: there, every line counts
    for line in (tree.data(CURRICULUM) or b"").decode().splitlines():
        indent = len(line) - len(line.lstrip())
        if block is not None and line.strip() and indent <= block:
            block = None
        if block is None and chance.random() < 0.5:
            lines += ["", " " * chance.randrange(8) + "# a comment"]
        lines.append(line)
        if line.rstrip().endswith(("|", ">", "|-", ">-")):
            block = indent
    assert compiled(with_spec(tree, "\n".join([*lines, "", "# the end", ""]))) == compiled(tree)


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(tiny: Path) -> None:
    tree = read_tree(tiny)
    text = (tree.data(CURRICULUM) or b"").decode()
    assert compiled(with_spec(tree, "\ufeff" + text.replace("\n", "\r\n"))) == compiled(tree)


def test_generate_twice_writes_nothing(tiny: Path) -> None:
    generate(tiny)
    before = {p: p.stat().st_mtime_ns for p in tiny.rglob("*")}
    assert generate(tiny).startswith("Up to date: ")
    assert {p: p.stat().st_mtime_ns for p in tiny.rglob("*")} == before
    (tiny / ".mlsj/cache/stamp.json").unlink()
    assert generate(tiny).startswith("Up to date: ")
    assert {p: p.stat().st_mtime_ns for p in tiny.rglob("*") if ".mlsj" not in p.parts} == {
        p: time for p, time in before.items() if ".mlsj" not in p.parts
    }


def test_a_deleted_manifest_and_a_deleted_zone_come_back_the_same(tiny: Path) -> None:
    generate(tiny)
    wanted = outputs(tiny)
    (tiny / MANIFEST).unlink()
    generate(tiny)
    assert outputs(tiny) == wanted
    for path in wanted:
        (tiny / path).unlink()
    shutil.rmtree(tiny / "generated")
    generate(tiny)
    assert outputs(tiny) == wanted


def test_a_removed_lesson_takes_its_files_with_it_and_leaves_the_learners(tiny: Path) -> None:
    generate(tiny)
    mine = {"work/2-1/mine.py": "mine\n", "notes/2-1.md": "mine\n", ".mlsj/base/2-1/note.md": "base\n"}
    for path, text in mine.items():
        (tiny / path).parent.mkdir(parents=True, exist_ok=True)
        (tiny / path).write_text(text)
    spec = tiny / CURRICULUM
    data = load(read_tree(tiny)).source.data
    for module in data["modules"]:
        module["lessons"] = [lesson for lesson in module["lessons"] if lesson["id"] != "2-1"]
    data["modules"] = [module for module in data["modules"] if module["lessons"]]
    before = spec.read_text()
    spec.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))
    generate(tiny)
    assert not [path for path in outputs(tiny) if "2-1" in path]
    assert {path: (tiny / path).read_text() for path in mine} == mine
    spec.write_text(before)
    generate(tiny)
    assert (tiny / "generated/lessons/2-1/README.md").exists()
    assert {path: (tiny / path).read_text() for path in mine} == mine
