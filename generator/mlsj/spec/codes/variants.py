"""Codes of the variants layer (T001-T089): regions, overlays and mistakes of a lesson's sources."""

from __future__ import annotations

from mlsj.spec.codes import Code

_REGION = """\
A region looks like this, with the comment of the file's language (`//:`, `#:` or `--:`):

```bash
#: solution
git push origin main
#: mistake no-push
#: stub
# TODO: publish the branch.
#: end
```
"""

_ALL = (
    Code(
        "MLSJ-T001",
        "Unclosed region",
        "A region is opened and the file ends before its `end`. Everything after it would belong to the last "
        "alternative, so one variant would have the rest of the file and the others would lose it.",
        f"Write the marker `end` after the last alternative.\n\n{_REGION}",
    ),
    Code(
        "MLSJ-T002",
        "Nested region",
        "A `solution` marker, or a marker with another kind of comment, stands inside an open region. Regions do not "
        "nest: which text a variant gets would depend on how they are read.",
        "Close the outer region with `end` first. To vary something inside a solution, write the whole alternative.",
    ),
    Code(
        "MLSJ-T003",
        "Unknown region",
        "A line begins like a region marker, but what follows is none. In a source of a lesson every line that begins "
        "with `//:`, `#:` or `--:` is a marker, so a misspelt one is never taken for a comment and shown to a learner.",
        f"Correct the word. If the line is meant as a comment, leave out its colon.\n\n{_REGION}",
    ),
    Code(
        "MLSJ-T004",
        "'end' without a region",
        "An `end` marker stands where no region is open: its region was closed before, or never opened.",
        "Remove the marker, or open the region with `solution`.",
    ),
    Code(
        "MLSJ-T005",
        "Region without solution",
        "A region opens with `stub` or `mistake`. The solution comes first, because every mistake that a region does "
        "not name takes it; an empty one is written as a `solution` marker with nothing below it.",
        f"Open the region with `solution`.\n\n{_REGION}",
    ),
    Code(
        "MLSJ-T006",
        "Duplicate alternative",
        "One region gives the stub, or the same mistake, twice. Only one of the texts could be used, silently.",
        "Keep one of the two. One alternative may serve several mistakes: `mistake first second`.",
    ),
    Code(
        "MLSJ-T007",
        "Mistake that the spec does not name",
        "The sources hold an alternative or an overlay for a mistake that the lesson's `mistakes` do not list, so "
        "nothing says what must reject it and it is never tried.",
        "List it under `mistakes` with the criteria it `fails` and its `message`, or remove it from the sources.",
    ),
    Code(
        "MLSJ-T008",
        "Mistake without a variant",
        "The spec lists a mistake, but no region, overlay or prepare script makes it, so it cannot be tried.",
        "Write it as `mistake ID` in a region, or put the changed files into `variants/ID/` of the lesson's sources.",
    ),
    Code(
        "MLSJ-T009",
        "Variant equal to the solution",
        "A mistake, one of its alternatives, or the whole stub is the same as the solution. Such a mistake must pass, "
        "and such a stub gives the solution away: neither shows that the judge can fail.",
        "Make the variant differ, or remove it. A stub differs through regions with a `stub` alternative.",
    ),
    Code(
        "MLSJ-T010",
        "Solution left in the stub",
        "The text of a solution region is found in the stub: as its `stub` alternative, inside it, or elsewhere in the "
        "files that a learner starts from.",
        "Let the stub say what is to be done, and leave how to the learner.",
    ),
    Code(
        "MLSJ-T011",
        "Marker left in an overlay",
        "A file in `variants/` holds a line that reads as a region marker. Overlays are copied as they are, so the "
        "learner, or a judged program, would see it.",
        "An overlay is one version of a file: remove its markers.",
    ),
    Code(
        "MLSJ-T012",
        "Reserved id of a mistake",
        "A mistake is called `solution` or `stub`. These variants always exist: it could not be told apart.",
        "Give the mistake an id that says what is wrong.",
    ),
    Code(
        "MLSJ-T013",
        "Overlay of a file that no learner gets",
        "A file in `variants/` replaces one that never reaches a work directory (`judge.py`, something below `_judge/` "
        "or `variants/`), or stands in no variant's folder, so it has no effect.",
        "Put the file into `variants/NAME/` under the path that it has in the work directory.",
    ),
    Code(
        "MLSJ-T014",
        "Judge without its function",
        "A criterion uses a function of the lesson's own `judge.py`, and there is no such file or function. It "
        "would end in an error for every learner.",
        "Write the function at the top level of `judge.py` in the lesson's sources, or correct its name under `with`.",
    ),
)  # fmt: skip

CODES = {code.code: code for code in _ALL}
