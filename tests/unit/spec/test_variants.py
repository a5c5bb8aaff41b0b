"""Variants: every version of a source comes out clean, and every fault is reported where it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsj.spec.files import InputFile, Tree
from mlsj.spec.model import Curriculum, Lesson
from mlsj.spec.regions import markers, parse
from mlsj.spec.source import Source
from mlsj.spec.source import parse as parse_yaml
from mlsj.spec.variants import diagnose, prepare, variant

FOLDER = "templates/lessons/1-1"
SPEC_FILE = "curriculum.yaml"
SPEC = """\
format: 1
course: {id: c, title: C, repository: o/n}
modules:
  - id: "1"
    title: M
    hours: 1
    lessons:
      - id: 1-1
        title: L
        status: ready
        effort: {read: 0, build: 1, reflect: 0}
        objectives: [{id: o, says: Do}]
        sources: templates/lessons/1-1
        quickstart: "true"
        criteria: [{id: c, says: Holds, core: true, shows: [o], uses: judge, with: {function: works}}]
        debrief: Why
        mistakes:
"""
MISTAKE = "          - {id: %s, says: S, fails: [c], message: m}\n"


class Case(msgspec.Struct, frozen=True):
    curriculum: Curriculum
    source: Source
    tree: Tree

    @property
    def lesson(self) -> Lesson:
        return self.curriculum.modules[0].lessons[0]


def case(files: dict[str, str | bytes], *mistakes: str) -> Case:
    text = SPEC + ("".join(MISTAKE % m for m in mistakes) or "          []\n")
    source = parse_yaml("curriculum.yaml", text.encode())
    inputs = {f"{FOLDER}/judge.py": InputFile(b"def works(context):\n    ...\n")}
    for path, data in files.items():
        inputs[f"{FOLDER}/{path}"] = InputFile(data if isinstance(data, bytes) else data.encode())
    return Case(msgspec.convert(source.data, Curriculum), source, Tree(inputs))


def texts(subject: Case, name: str) -> dict[str, str]:
    return {path: file.data.decode() for path, file in variant(subject.tree, subject.lesson, name).items()}


def codes(subject: Case) -> list[tuple[str, str, int, int]]:
    return [(d.code, d.span.file.removeprefix(FOLDER + "/"), d.span.line, d.span.column) for d in diagnose(subject)]


GOOD = """\
#!/bin/sh
#: solution
make good
#: mistake bad worse
make bad
#: stub
# TODO: make it.
#: end
echo between
  #: solution
  second good
  #: mistake worse
  second bad
  #: stub
  #: end
"""


def test_a_source_holds_every_version() -> None:
    subject = case({"run.sh": GOOD}, "bad", "worse")
    assert texts(subject, "solution") == {"run.sh": "#!/bin/sh\nmake good\necho between\n  second good\n"}
    assert texts(subject, "stub") == {"run.sh": "#!/bin/sh\n# TODO: make it.\necho between\n"}
    assert texts(subject, "bad") == {"run.sh": "#!/bin/sh\nmake bad\necho between\n  second good\n"}
    assert texts(subject, "worse") == {"run.sh": "#!/bin/sh\nmake bad\necho between\n  second bad\n"}
    assert codes(subject) == []


def test_a_region_without_stub_leaves_nothing_to_the_learner() -> None:
    subject = case({"a.sql": "--: solution\nselect a secret\n--: end\nrest\n"})
    assert texts(subject, "stub") == {"a.sql": "rest\n"}


def test_a_file_that_is_all_solution_is_not_in_the_stub() -> None:
    subject = case({"a.py": "#: solution\nsecret = 1\n#: end\n", "empty": "", "b.py": "x\n"})
    assert texts(subject, "stub") == {"b.py": "x\n", "empty": ""}


def test_overlays_replace_add_and_remove() -> None:
    files = {
        "a.json": "{}",
        "keep": "k",
        "variants/stub/a.json": "[]",
        "variants/bad/keep": "",
        "variants/bad/new/file": "n",
        "variants/solution/only": "s",
    }
    subject = case(files, "bad")
    assert texts(subject, "solution") == {"a.json": "{}", "keep": "k", "only": "s"}
    assert texts(subject, "stub") == {"a.json": "[]", "keep": "k"}
    assert texts(subject, "bad") == {"a.json": "{}", "new/file": "n", "only": "s"}
    assert codes(subject) == []


def test_what_belongs_to_the_judge_stays_with_it() -> None:
    files = {"judge.py": "def works(): ...\n", "prepare.sh": "true", "_judge/data": "x", "deep/_judge/x": "x"}
    subject = case({**files, "variants/bad/prepare.py": "pass\n", "prepare_data.py": "kept\n"}, "bad")
    for name in ("solution", "stub", "bad"):
        assert texts(subject, name) == {"prepare_data.py": "kept\n"}
    assert [path for path, _ in prepare(subject.tree, subject.lesson, "bad")] == [
        "prepare.sh",
        "variants/bad/prepare.py",
    ]
    assert [path for path, _ in prepare(subject.tree, subject.lesson, "solution")] == ["prepare.sh"]


def test_binary_files_and_modes_pass_through() -> None:
    data = b"\x00#: solution\n\xff"
    subject = case({"a.bin": data, "b.txt": b"\xff\n#: stub\n"})
    assert variant(subject.tree, subject.lesson, "stub")["a.bin"].data == data
    assert variant(subject.tree, subject.lesson, "stub")["b.txt"].data == b"\xff\n#: stub\n"
    tree = Tree({f"{FOLDER}/run": InputFile(b"#: solution\nx\n#: stub\ny\n#: end\n", executable=True)})
    assert variant(tree, subject.lesson, "stub") == {"run": InputFile(b"y\n", executable=True)}


def test_crlf_is_kept() -> None:
    subject = case({"a": "#: solution\r\nx\r\n#: stub\r\ny\r\n#: end\r\nz\r\n"})
    assert texts(subject, "stub") == {"a": "y\r\nz\r\n"}


def test_an_unknown_variant_is_a_key_error() -> None:
    subject = case({"a": GOOD}, "bad", "worse")
    with pytest.raises(KeyError):
        variant(subject.tree, subject.lesson, "nope")


END = "#: end\n"
R = "#: solution\na solution\n#: stub\n# TODO\n"
FAULTS: list[tuple[str, dict[str, str | bytes], tuple[str, ...], list[tuple[str, str, int, int]]]] = [
    ("unclosed", {"a": "x\n  " + R}, (), [("MLSJ-T001", "a", 2, 3)]),
    ("nested", {"a": "#: solution\na\n#: solution\nb\n#: end\n"}, (), [("MLSJ-T002", "a", 3, 1)]),
    ("nested style", {"a": "#: solution\na\n//: stub\nb\n#: end\n"}, (), [("MLSJ-T002", "a", 3, 1)]),
    ("unknown", {"a": R + "#: mistakes x\n#: end\n"}, (), [("MLSJ-T003", "a", 5, 1)]),
    ("no space", {"a": R + "#:end\n#: end\n"}, (), [("MLSJ-T003", "a", 5, 1)]),
    ("no id", {"a": R + "#: mistake\n#: end\n"}, (), [("MLSJ-T003", "a", 5, 1)]),
    ("bad id", {"a": R + "#: mistake a_b\n#: end\n"}, (), [("MLSJ-T003", "a", 5, 1)]),
    ("bare", {"a": "#:\n" + R + "#: end\n"}, (), [("MLSJ-T003", "a", 1, 1)]),
    ("end alone", {"a": R + "#: end\n#: end\n"}, (), [("MLSJ-T004", "a", 6, 1)]),
    ("no solution", {"a": "#: stub\nx\n#: end\n"}, (), [("MLSJ-T005", "a", 1, 1)]),
    ("twice", {"a": R + "#: stub\nz\n#: end\n"}, (), [("MLSJ-T006", "a", 5, 1)]),
    ("mistake twice", {"a": R + "#: mistake m m\nz\n#: end\n"}, ("m",), [("MLSJ-T006", "a", 5, 1)]),
    ("unnamed", {"a": R + "#: mistake m\nz\n#: end\n"}, (), [("MLSJ-T007", "a", 5, 1)]),
    ("unnamed overlay", {"a": R + "#: end\n", "variants/m/a": "x"}, (), [("MLSJ-T007", "variants/m/a", 1, 1)]),
    ("nowhere", {"a": R + "#: end\n"}, ("m",), [("MLSJ-T008", SPEC_FILE, 18, 18)]),
    ("same text", {"a": R + "#: mistake m\na solution\n#: end\n"}, ("m",), [("MLSJ-T009", "a", 5, 1)]),
    ("same file", {"a": R + "#: end\n", "b": "x", "variants/m/b": "x"}, ("m",), [("MLSJ-T009", SPEC_FILE, 18, 18)]),
    ("no stub", {"a": "x\n"}, (), [("MLSJ-T009", SPEC_FILE, 13, 18)]),
    ("leak", {"a": "#: solution\nx\n#: stub\n  x\n#: end\nrest\n"}, (), [("MLSJ-T010", "a", 1, 1)]),
    (
        "leak inside",
        {"a": "#: solution\ngit push origin\n#: stub\n# TODO\ngit push origin\n#: end\n"},
        (),
        [("MLSJ-T010", "a", 1, 1)],
    ),
    (
        "leak elsewhere",
        {"a": "#: solution\n" + "long " * 10 + "\n#: end\n", "b": "x\n" + "long " * 10 + "\n"},
        (),
        [("MLSJ-T010", "a", 1, 1)],
    ),
    ("marker", {"a": R + "#: end\n", "variants/stub/b": "x\n #: end\n"}, (), [("MLSJ-T011", "variants/stub/b", 2, 2)]),
    ("reserved", {"a": R + "#: end\n"}, ("stub",), [("MLSJ-T012", SPEC_FILE, 18, 18)]),
    ("withheld", {"a": R + END, "variants/stub/judge.py": ""}, (), [("MLSJ-T013", "variants/stub/judge.py", 1, 1)]),
    ("loose", {"a": R + "#: end\n", "variants/loose": "x"}, (), [("MLSJ-T013", "variants/loose", 1, 1)]),
    ("function", {"a": R + "#: end\n", "judge.py": "def work(): 0"}, (), [("MLSJ-T014", SPEC_FILE, 15, 95)]),
]  # fmt: skip


@pytest.mark.parametrize(("files", "mistakes", "expected"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_every_fault_is_reported_where_it_stands(
    files: dict[str, str | bytes], mistakes: tuple[str, ...], expected: list[tuple[str, str, int, int]]
) -> None:
    assert codes(case(files, *mistakes)) == expected


def test_every_code_has_a_fault_and_a_page() -> None:
    from mlsj.spec.codes.variants import CODES

    assert {expected[0][0] for *_, expected in FAULTS} == set(CODES)
    assert all(code.title and code.explanation and code.mend for code in CODES.values())


def test_a_missing_folder_is_another_rules_business() -> None:
    subject = case({}, "m")
    assert list(diagnose(msgspec.structs.replace(subject, tree=Tree({})))) == []


# Properties -----------------------------------------------------------------------------------------------------------

NAMES = ("solution", "stub", "m1", "m2")
plain = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\n\r\0"), max_size=12).filter(
    lambda line: not markers(line)
)
block = st.lists(plain, max_size=3).map(lambda lines: "".join(line + "\n" for line in lines))
comment = st.sampled_from(["//:", "#:", "--:"])
region = st.tuples(comment, st.sampled_from(["", "  ", "\t"]), block, block, block, block)


def _written(part: Any) -> str:
    if isinstance(part, str):
        return part
    mark, indent, *blocks = part
    words = ["solution", "stub", "mistake m1", "mistake m2"]
    return "".join(f"{indent}{mark} {w}\n{b}" for w, b in zip(words, blocks, strict=True)) + f"{indent}{mark} end\n"


@given(st.lists(st.one_of(block, region), max_size=5))
def test_each_variant_is_the_common_text_with_its_own_alternatives(parts: list[Any]) -> None:
    marked = parse("".join(map(_written, parts)))
    assert marked.problems == ()
    for index, name in enumerate(NAMES):
        expected = "".join(part if isinstance(part, str) else part[2 + index] for part in parts)
        assert marked.pick(name) == expected


line = st.one_of(
    plain,
    st.tuples(
        st.sampled_from(["", " ", "\ufeff"]),
        comment,
        st.sampled_from(["", " ", "  "]),
        st.sampled_from(["solution", "stub", "mistake", "mistake m", "mistake m n", "mistake _", "end", "ende", ""]),
    ).map("".join),
)  # fmt: skip


@given(st.lists(line, max_size=12), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_no_marker_ever_reaches_a_learner(lines: list[str], last: bool, newline: str) -> None:
    text = newline.join(lines) + (newline if last else "")
    subject = case({"a": text}, "m")
    found = list(diagnose(subject))
    for name in ("solution", "stub", "m"):
        for got in texts(subject, name).values():
            assert markers(got) == []
    total = text.count("\n") + 1
    assert all(d.span.file == "curriculum.yaml" or 1 <= d.span.line <= total for d in found)


@pytest.fixture(autouse=True)
def _fresh() -> Callable[[], None]:
    parse.cache_clear()
    return parse.cache_clear
