"""The manifest is untrusted: whatever is not exactly ours is refused, and nothing outside the zone is ever touched."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlsj.project.manifest import Entry, Manifest, RefusedError, decode, read
from mlsj.project.plan import Known, plan
from mlsj.project.walk import Found, Zone
from mlsj.project.write import known, look
from mlsj.spec.diagnostics import Severity
from mlsj.spec.ownership import MANIFEST, PENDING, in_zone, plain

SHA = sha256(b"x").hexdigest()
GOOD = {"sha256": SHA, "mode": "644", "origin": "lessons/1-1"}


def text_of(files: object, **other: object) -> bytes:
    return json.dumps({"format": 1, "files": files, **other}).encode()


paths = st.from_regex(r"(generated|stacks|schema|\.github)(/[a-zA-Z0-9 ._äβ-]{1,12}){1,4}", fullmatch=True).filter(
    plain
)
entries = st.builds(
    Entry,
    st.binary(max_size=4).map(lambda data: sha256(data).hexdigest()),
    st.sampled_from(["644", "755"]),
    st.from_regex(r"(lessons/[a-z0-9-]{1,8})?", fullmatch=True),
)


@given(st.dictionaries(paths, entries, max_size=8))
def test_what_is_written_is_read_again(files):
    manifest = Manifest(files)
    encoded = manifest.encode()
    assert decode(encoded) == Manifest(dict(sorted(files.items())))
    assert decode(encoded).encode() == encoded
    lines = encoded.decode().splitlines()
    assert sum('"sha256"' in line for line in lines) == len(files), "one file a line"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b"[]", "not a manifest"),
        (b"null", "not a manifest"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"format": ' + b"9" * 5000 + b', "files": {}}', "not JSON that this tool writes"),
        (text_of({}, extra=1), "not a manifest"),
        (text_of([]), "not a manifest"),
        (b'{"format": 2, "files": {}}', "its format is 2"),
        (b'{"format": true, "files": {}}', "its format is True"),
        (b'{"format": 1.0, "files": {}}', "its format is 1.0"),
        (b'{"format": 1, "files": {}, "files": {}}', "'files' is given twice"),
        (text_of({"generated/a": GOOD | {"mode": "4755"}}), "neither 644 nor 755"),
        (text_of({"generated/a": GOOD | {"mode": 644}}), "neither 644 nor 755"),
        (text_of({"generated/a": GOOD | {"mode": ["644"]}}), "neither 644 nor 755"),
        (text_of({"generated/a": GOOD | {"sha256": SHA.upper()}}), "no SHA-256"),
        (text_of({"generated/a": GOOD | {"sha256": SHA[:-1]}}), "no SHA-256"),
        (text_of({"generated/a": GOOD | {"sha256": None}}), "no SHA-256"),
        (text_of({"generated/a": GOOD | {"origin": "a\x1b[31m"}}), "no place in a spec"),
        (text_of({"generated/a": GOOD | {"origin": 1}}), "no place in a spec"),
        (text_of({"generated/a": GOOD | {"more": 1}}), "other keys"),
        (text_of({"generated/a": "x"}), "other keys"),
        (b'<<<<<<< ours\n{"format": 1, "files": {}}\n=======\n>>>>>>> theirs\n', "merge conflict markers"),
    ],
)
def test_what_this_tool_would_not_write_is_refused(raw, reason):
    with pytest.raises(RefusedError, match=reason):
        decode(raw)


BAD_PATHS = [
    "/etc/passwd", "../outside", "generated/../../outside", "generated/..", "generated/./x", "./generated/x",
    "generated//x", "generated/", "generated", "/generated/x", "~/x", "curriculum.yaml", "work/1-1/a.py",
    "notes/1-1.md", ".mlsj/manifest.json", ".mlsj/base/1-1/note.md", ".git/config", ".git/hooks/post-commit",
    "Generated/x", "generated\\x", "generated/a\\b", "C:\\x", "generated/a\nb", "generated/\x00",
    "generated/\u202eb", "", " ", "schema", "stacks/../work/x", ".gitattributes/x", ".github",
    "generated/" + "a" * 256, "generated/" + "a/" * 600 + "b", "\ud800", "generated/\udfff", "kernels/3-5/a.cu",
    "Makefile",
]  # fmt: skip


@pytest.mark.parametrize("path", BAD_PATHS)
def test_paths_out_of_the_zone_are_refused(path):
    with pytest.raises(RefusedError, match=r"not a path inside the course|not in the compiler's zone"):
        decode(text_of({path: GOOD}))


@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(["..", ".", "", "generated", "work", "a", ".git", "\\"])).map("/".join)
)
def test_whatever_path_is_let_through_stays_in_the_zone(path):
    try:
        decode(text_of({path: GOOD}))
    except RefusedError:
        return
    parts = path.split("/")
    assert parts[0] in {"generated", "stacks", "schema", ".github"} or path == ".gitattributes"
    assert not {"", ".", ".."} & set(parts)
    assert in_zone(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(raw=st.binary(max_size=200) | st.sampled_from(BAD_PATHS).map(lambda path: text_of({path: GOOD})))
def test_a_hostile_manifest_changes_nothing_but_itself(course, two_lessons, raw):
    course.generate(two_lessons)
    (course.root / "outside-zone").write_bytes(b"x")
    (course.root / "work").mkdir(exist_ok=True)
    (course.root / "work/mine").write_bytes(b"x")
    wanted = course.state()
    (course.root / MANIFEST).write_bytes(raw)
    course.generate(two_lessons)
    assert course.state() == wanted


def test_a_refused_manifest_is_a_warning_with_its_line(course, two_lessons):
    course.generate(two_lessons)
    path = course.root / MANIFEST
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:4], "<<<<<<< ours\n", *lines[4:]]))
    earlier, warning = known(str(course.root))
    assert earlier.manifest == Manifest()
    assert warning is not None
    assert (warning.code, warning.severity, warning.span.file, warning.span.line) == (
        "MLSJ-O002", Severity.WARNING, MANIFEST, 5
    )  # fmt: skip
    path.write_text("".join(lines).replace("stacks/data.yml", "../data.yml"))
    _, warning = known(str(course.root))
    assert warning is not None
    assert "'../data.yml' is not a path inside the course" in warning.message
    assert path.read_text().splitlines()[warning.span.line - 1].startswith('    "../data.yml"')


def test_a_manifest_that_is_a_link_or_a_folder_or_huge_is_refused(course, tmp_path, monkeypatch):
    target = tmp_path / "elsewhere.json"
    target.write_bytes(Manifest({"generated/a": Entry(SHA, "644", "")}).encode())
    (course.root / ".mlsj").mkdir()
    path = course.root / MANIFEST
    path.symlink_to(target)
    assert "not a regular file" in read(str(course.root))[2].message
    path.unlink()
    path.mkdir()
    assert "not a regular file" in read(str(course.root))[2].message
    path.rmdir()
    monkeypatch.setattr("mlsj.project.manifest.MAX_BYTES", 10)
    path.write_bytes(b"x" * 11)
    assert "at most 10 are read" in read(str(course.root))[2].message
    path.unlink()
    (course.root / ".mlsj").rmdir()
    (course.root / ".mlsj").symlink_to(tmp_path)
    assert "symbolic link" in read(str(course.root))[2].message


def test_in_folders_shared_with_authors_a_manifest_alone_deletes_nothing():
    owners, workflow = b"* @author\n", b"# Generated by mlsj from curriculum.yaml.\non: push\n"
    listed = {
        ".github/CODEOWNERS": Entry(sha256(owners).hexdigest(), "644", ""),
        ".github/workflows/old.yml": Entry(sha256(workflow).hexdigest(), "644", ""),
    }
    zone = Zone(
        {
            ".github/CODEOWNERS": Found("file", sha256(owners).hexdigest()),
            ".github/workflows/old.yml": Found("file", sha256(workflow).hexdigest(), bears_header=True),
        }
    )
    made = plan({}, Known(Manifest(listed), b""), zone)
    assert {change.path: change.kind for change in made.changes} == {
        ".github/CODEOWNERS": "keep", ".github/workflows/old.yml": "delete"
    }  # fmt: skip


@pytest.mark.parametrize(
    "note",
    [b"", b"[]", b'{"wrote": []}', b'{"wrote": {"generated/a": 1}}', b'{"wrote": {"generated/a": [1]}}', b"[" * 99_999],
)
def test_a_note_that_is_not_ours_is_no_note(course, two_lessons, note):
    course.generate(two_lessons)
    (course.root / PENDING).write_bytes(note)
    assert known(str(course.root))[0].pending == {}


def test_a_note_cannot_point_out_of_the_zone(course):
    (course.root / ".mlsj/cache").mkdir(parents=True)
    (course.root / "work").mkdir()
    (course.root / "work/mine").write_bytes(b"x")
    (course.root / PENDING).write_text(json.dumps({"wrote": {"work/mine": [SHA], "../course/work/mine": [SHA]}}))
    earlier, _ = known(str(course.root))
    assert earlier.pending == {}
    assert look(str(course.root), (), earlier).found.keys() <= {".mlsj", ".mlsj/cache", PENDING}
