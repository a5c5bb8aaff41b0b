"""Git attributes of generated files: `.gitattributes`."""

from __future__ import annotations

from collections.abc import Iterator

from mlsj.render.blocks import text_file
from mlsj.render.course import Course
from mlsj.render.header import commented
from mlsj.render.workflow import PATH as WORKFLOW
from mlsj.spec.files import File
from mlsj.spec.ownership import MANIFEST, OWNED

EMITTER = "attributes"
PATH = ".gitattributes"
# -text: the bytes are the compiler's, also where git would turn line ends. -merge: a conflict is solved by running
# make, so no markers are written into what nobody edits. linguist-generated: folded in reviews, left out of
# statistics.
_ATTRIBUTES = "-text -merge linguist-generated=true"


def emit(course: Course) -> Iterator[File]:  # noqa: ARG001 - the same for every course
    """Yield the file."""
    places = [*(f"/{folder}/**" for folder in OWNED), f"/{WORKFLOW}", f"/{MANIFEST}", f"/{PATH}"]
    rows = "".join(f"{place} {_ATTRIBUTES}\n" for place in places)
    words = (
        "# Bytes as the compiler wrote them (-text), no conflict markers (-merge: run make instead),\n"
        "# folded in reviews (linguist-generated).\n"
    )
    yield text_file(PATH, commented("#", "") + words + rows, "", EMITTER)
