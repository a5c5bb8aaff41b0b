"""Other correct solutions of the ready lessons: a judge must accept more than its author's own wording."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlsj.kinds.base import Verdict
from mlsj.project.read import read_tree
from mlsj.spec.load import load
from mlsj.spec.variants import note, variant
from mlsj.verify.engine import judge

ROOT = Path(__file__).resolve().parents[2]

# The cache is linked, and everything is committed at once; restoring throws away what the damage may have reached.
LINKED = """\
set -e
case $1 in
  setup)
    dvc init -q && dvc config cache.type hardlink,copy && dvc remote add -q -d far "$2" ;;
  publish)
    dvc add -q data/movies.csv && dvc push -q
    git add -A && git commit -qm "publish $2" && git tag -a -m "$2" "$2" ;;
  restore)
    git checkout -q "$2" -- data/movies.csv.dvc
    rm -rf data/movies.csv .dvc/cache/files
    dvc fetch -q && dvc checkout -q ;;
esac
"""

# It begins by cloning the empty remote, so origin is there before anything else; folders are kept by a README each.
CLONED = """\
set -e
[ -d "$1/.git" ] || git clone -q "$2" "$1"
cd "$1"
git symbolic-ref HEAD refs/heads/main
printf '# ML Systems Journey\\n\\nMy way through three books.\\n' > README.md
for d in ddia ml-eng pmpp notes; do mkdir -p $d; echo "# $d" > $d/README.md; done
git add -A
if [ -n "$(git status --porcelain)" ]; then git commit -qm begin; fi
git push -q origin main
"""


@pytest.mark.parametrize(
    ("lesson_id", "script", "text"), [("2-1", "version.sh", LINKED), ("00-A", "setup.sh", CLONED)], ids=["2-1", "00-A"]
)
def test_it_passes(tmp_path: Path, lesson_id: str, script: str, text: str) -> None:
    loaded = load(read_tree(ROOT))
    assert loaded.curriculum is not None
    lesson = loaded.curriculum.lesson(lesson_id)
    assert lesson is not None
    work, own = tmp_path / "work", tmp_path / "note.md"
    work.mkdir()
    for path, file in variant(loaded.tree, lesson, "stub").items():
        (work / path).write_bytes(file.data)
    (work / script).write_text(text)
    own.write_bytes(note(loaded.tree, lesson, "solution") or b"")
    report = judge(loaded.tree, lesson, work, own, root=ROOT, keep=False).report
    seen = {result.id: (result.verdict, result.finding.message, result.finding.got) for result in report.results}
    assert all(v[0] is Verdict.PASS for name, v in seen.items() if name != "gpu-visible"), seen
