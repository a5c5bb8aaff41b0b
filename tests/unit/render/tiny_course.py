"""The tiny course as a value, with changes: nothing is read twice and nothing is written."""

from __future__ import annotations

from pathlib import Path

from mlsj.project.read import read_tree
from mlsj.render.compile import Rendered, compile_course
from mlsj.spec.files import CURRICULUM, SITE, InputFile, Tree
from mlsj.spec.load import Loaded, load

TINY = Path(__file__).resolve().parents[2] / "courses" / "tiny"
GPU_SITE = "format: 1\nrunners:\n  gpu: {labels: [self-hosted, linux, gpu]}\n"
GPU_RUNNERS = "runners:\n  gpu: {min_vram_gb: 8, max_minutes: 20}\nmodules:\n"


def tiny(*changes: tuple[str, str], files: dict[str, str | None] | None = None) -> Loaded:
    """Return the tiny course with texts of its spec replaced, `(was, now)`, and with other files; None removes one."""
    tree = dict(read_tree(TINY).files)
    for was, now in changes:
        text = tree[CURRICULUM].data.decode()
        assert was in text
        tree[CURRICULUM] = InputFile(text.replace(was, now).encode())
    for path, text in (files or {}).items():
        if text is None:
            del tree[path]
        else:
            tree[path] = InputFile(text.encode())
    return load(Tree(tree))


def with_gpu() -> Loaded:
    """Return the tiny course with a GPU class that the site has and that lesson 1-2 runs on."""
    return tiny(
        ("modules:\n", GPU_RUNNERS),
        ("sources: templates/lessons/1-2\n", "sources: templates/lessons/1-2\n        runner: gpu\n"),
        files={SITE: GPU_SITE},
    )


def made(loaded: Loaded) -> Rendered:
    """Compile a course that has nothing wrong."""
    assert loaded.diagnostics == ()
    rendered = compile_course(loaded)
    assert rendered.diagnostics == ()
    return rendered


def text(rendered: Rendered, path: str) -> str:
    """Return the text of a generated file."""
    return rendered.files[path].data.decode()
