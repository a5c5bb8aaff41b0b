"""Reading: the same tree from the same course, and a diagnostic for whatever cannot be read."""

from __future__ import annotations

import os

import pytest

from mlsj.project import walk
from mlsj.project.read import find_root, read_tree, scan


def write(root, **files: str) -> None:
    for path, text in files.items():
        full = root / path.replace("__", "/").replace("_DOT_", ".")
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text)


def test_the_root_is_the_nearest_folder_upward(course):
    deep = course.root / "work/1-1/src"
    deep.mkdir(parents=True)
    assert find_root(deep) == find_root(course.root) == course.root.resolve()
    assert find_root(course.root.parent) is None
    (deep / "curriculum.yaml").mkdir()
    assert find_root(deep) == course.root.resolve(), "a folder of that name is no spec"


def test_inputs_are_read_with_their_executable_bits_and_nothing_else(course):
    write(
        course.root, templates__a="a", kernels__k__x_DOT_cu="x", locks__t_DOT_txt="t", work__mine="m", generated__g="g"
    )
    (course.root / "templates/a").chmod(0o755)
    (course.root / "README.md").write_text("r")
    tree = read_tree(course.root)
    assert list(tree.files) == ["curriculum.yaml", "kernels/k/x.cu", "locks/t.txt", "templates/a"]
    assert [path for path, file in tree.files.items() if file.executable] == ["templates/a"]
    assert tree.data("templates/a") == b"a"


def test_left_overs_of_editors_and_systems_are_passed_over(course):
    junk = [
        "a~",
        ".a.swp",
        ".#a",
        "#a#",
        ".DS_Store",
        "x.pyc",
        "__pycache__/y.py",
        ".git/config",
        ".mlsj-tmp-1",
        "Thumbs.db",
    ]
    for name in [*junk, "kept", "#kept", ".hidden"]:
        (course.root / "templates" / name).parent.mkdir(parents=True, exist_ok=True)
        (course.root / "templates" / name).write_text("")
    (course.root / "templates/.#lock").symlink_to("nobody@nowhere:1")
    found = scan(course.root)
    assert not found.diagnostics
    assert list(found.tree.files) == ["curriculum.yaml", "templates/#kept", "templates/.hidden", "templates/kept"]


def test_the_order_of_the_file_system_does_not_matter(course, monkeypatch):
    for name in "cab":
        write(course.root, **{f"templates__{name}__{name}": name, f"templates__{name}x": name})
    first = [entry.path for entry in walk.inputs(str(course.root))]
    real = os.scandir

    class Backwards:
        def __init__(self, path):
            with real(path) as entries:
                self.entries = sorted(entries, key=lambda e: e.name, reverse=True)

        def __enter__(self):
            return iter(self.entries)

        def __exit__(self, *_):
            return None

    monkeypatch.setattr(os, "scandir", Backwards)
    assert [entry.path for entry in walk.inputs(str(course.root))] == first
    assert list(read_tree(course.root).files) == sorted(first)


def test_links_within_the_course_to_files_are_followed_others_refused(course, tmp_path):
    write(course.root, templates__real="text", kernels__k__x="x")
    outside = tmp_path / "secret"
    outside.write_text("secret")
    for name, target in {
        "good": "real", "out": outside, "up": "../../secret",
        "dangling": "nowhere", "folder": "../kernels", "loop": "loop",
    }.items():  # fmt: skip
        (course.root / "templates" / name).symlink_to(target)
    (course.root / "locks").symlink_to(tmp_path)
    found = scan(course.root)
    assert found.tree.data("templates/good") == b"text"
    assert not any(file.data == b"secret" for file in found.tree.files.values())
    assert {(d.code, d.span.file) for d in found.diagnostics} == {
        ("MLSJ-O021", "templates/out"),
        ("MLSJ-O021", "templates/up"),
        ("MLSJ-O020", "templates/dangling"),
        ("MLSJ-O020", "templates/loop"),
        ("MLSJ-O021", "templates/folder"),
        ("MLSJ-O021", "locks"),
    }


def test_strange_things_are_named_not_waited_for(course):
    (course.root / "templates").mkdir()
    os.mkfifo(course.root / "templates/pipe")
    (course.root / "templates" / "back\\slash").write_text("")
    (course.root / "templates" / "new\nline").write_text("")
    (course.root / os.fsdecode(b"templates/not-utf8-\xff")).write_text("")
    (course.root / "site.yaml").mkdir()
    found = scan(course.root)
    assert [d.code for d in found.diagnostics] == ["MLSJ-O022"] * 5
    assert all(d.span.file.isprintable() for d in found.diagnostics)
    assert list(found.tree.files) == ["curriculum.yaml"]


def test_what_cannot_be_opened_is_a_diagnostic(course, monkeypatch):
    write(course.root, templates__a="a", templates__b="b", kernels__k__x="x")
    real_open, real_scandir = os.open, os.scandir

    def refuse(call, ends):
        def refusing(path, *args, **kwargs):
            if isinstance(path, str) and path.endswith(ends):
                raise PermissionError(13, "Permission denied", path)
            return call(path, *args, **kwargs)

        return refusing

    monkeypatch.setattr(os, "open", refuse(real_open, "templates/a"))
    monkeypatch.setattr(os, "scandir", refuse(real_scandir, "kernels/k"))
    found = scan(course.root)
    assert [(d.code, d.message) for d in found.diagnostics] == [
        ("MLSJ-O020", "templates/a cannot be read: permission denied"),
        ("MLSJ-O020", "kernels/k cannot be read: permission denied"),
    ]
    assert list(found.tree.files) == ["curriculum.yaml", "templates/b"]


def test_large_files_are_not_read_whole(course, monkeypatch):
    monkeypatch.setattr(walk, "MAX_SPEC_BYTES", 100)
    monkeypatch.setattr(walk, "MAX_INPUT_BYTES", 50)
    write(course.root, curriculum_DOT_yaml="x" * 1000, templates__big="y" * 51, templates__fits="z" * 50)
    found = scan(course.root)
    assert len(found.tree.data("curriculum.yaml")) == 101, "one byte more than allowed, by which the parser refuses it"
    assert [(d.code, d.span.file) for d in found.diagnostics] == [("MLSJ-O023", "templates/big")]
    assert found.tree.data("templates/fits") == b"z" * 50


def test_the_limit_is_the_parsers():
    from mlsj.spec.source import MAX_BYTES

    assert walk.MAX_SPEC_BYTES == MAX_BYTES


@pytest.mark.parametrize("name", ["generated", "stacks", "schema", ".github", ".gitattributes"])
def test_what_stands_in_the_zone_is_noted_and_links_are_not_followed(course, tmp_path, name):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_text("x")
    (course.root / name).symlink_to(tmp_path / "outside")
    seen = walk.zone(str(course.root))
    assert {path: found.kind for path, found in seen.found.items()} == {name: "link"}
