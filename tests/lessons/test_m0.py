"""Another correct box for M0: an image by digest, no Dockerfile, and one make target for each tool."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlsj.kinds.base import Verdict
from mlsj.project.read import read_tree
from mlsj.spec.load import load
from mlsj.spec.variants import note, variant
from mlsj.verify.engine import judge

ROOT = Path(__file__).resolve().parents[2]

BY_IMAGE = """\
/* An image that cannot change: the digest names its bytes. */
{
  "name": "by digest", // the registry's name for it is not what pins it
  "image": "registry.example:5000/tools@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  "postCreateCommand": {"check": ["make", "test-dev"]}
}
"""
BY_STAGES = """\
{"name": "by stages", "build": {"dockerfile": "../Box.dockerfile", "args": {"DEBIAN": "12.11-slim"}}}
"""
STAGES = """\
# syntax=docker/dockerfile:1
ARG DEBIAN=12.11-slim
FROM debian:${DEBIAN} AS base
RUN <<-SCRIPT
	apt-get update
	apt-get install --yes git make python3
SCRIPT
FROM base
RUN useradd \\
    # a user of one's own
    dev
USER dev
"""
TARGETS = """\
TOOLS := $(shell cat .devcontainer/tools.txt)

test-dev: $(TOOLS:%=answers-%)
\t@echo DevBox ready

answers-%:
\t@$* --version >/dev/null 2>&1 || (echo "$*: no answer"; false)
"""


@pytest.mark.parametrize(
    ("config", "dockerfile"), [(BY_IMAGE, ""), (BY_STAGES, STAGES)], ids=["image-by-digest", "stages-and-heredoc"]
)
def test_it_passes(tmp_path: Path, config: str, dockerfile: str) -> None:
    loaded = load(read_tree(ROOT))
    assert loaded.curriculum is not None
    lesson = loaded.curriculum.lesson("M0")
    assert lesson is not None
    work, own = tmp_path / "work", tmp_path / "note.md"
    for path, file in variant(loaded.tree, lesson, "stub").items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_bytes(file.data)
    box = work / ".devcontainer"
    box.mkdir()
    (box / "devcontainer.json").write_text(config)
    (box / "tools.txt").write_text("python3\ngit\n")
    (work / "Makefile").write_text(TARGETS)
    if dockerfile:
        (work / "Box.dockerfile").write_text(dockerfile)
    own.write_bytes((note(loaded.tree, lesson, "solution") or b"").replace(b"SIZE", b"300").replace(b"START", b"2"))
    report = judge(loaded.tree, lesson, work, own, root=ROOT, keep=False).report
    seen = {result.id: (result.verdict, result.finding.message, result.finding.got) for result in report.results}
    for result, criterion in zip(report.results, lesson.criteria, strict=True):
        wanted = {Verdict.PASS, Verdict.UNVERIFIED} if criterion.requires else {Verdict.PASS}
        assert result.verdict in wanted, seen
