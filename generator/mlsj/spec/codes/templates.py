"""Codes of a course's own templates: pages and action pins (T090 to T099)."""

from __future__ import annotations

from mlsj.spec.codes import Code

_PAGES = (
    "A course may replace a page of the package with a Jinja template of its own, `templates/pages/<page>.md.j2` "
    "(`index`, `lesson`, `note`), or extend it: "
    '`{% extends "default/lesson.md.j2" %}` and then the blocks that differ. '
)

CODES: dict[str, Code] = {
    code.code: code
    for code in (
        Code(
            "MLSJ-T090",
            "Syntax error in a page template",
            _PAGES
            + "This one is not a Jinja template: a tag is unknown, misspelt or not closed, or a filter does not exist.",
            "Mend the line. Pages may use Jinja's own tags and filters, and `text`, `line`, `prose`, `code`, `fence`, "
            "`inside` and `quote`.",
        ),
        Code(
            "MLSJ-T091",
            "Page template fails",
            _PAGES
            + "This one fails while it is rendered: it prints something that is not defined, extends or includes a "
            "template that does not exist, or does what the sandbox forbids. Names are strict, so that a typing error "
            "is told and not printed as nothing.",
            "Mend the line; the package's own template of that page shows which names a page is given.",
        ),
        Code(
            "MLSJ-T092",
            "Page template that no page uses",
            _PAGES + "No page has the name of this one, and no template that is used includes or extends it, so it "
            "changes nothing: most likely its name is misspelt.",
            "Rename it to the page it is meant for, or delete it.",
        ),
        Code(
            "MLSJ-T093",
            "Unreadable page template",
            "A template is UTF-8 text. It may not hold the control characters U+0001 to U+0003, with which the "
            "compiler marks where a line comes from.",
            "Save the file as UTF-8, or remove the character.",
        ),
        Code(
            "MLSJ-T094",
            "Wrong action pin",
            "`templates/ci/actions.yaml` says which commits of GitHub actions the generated workflow runs. An action "
            "is code that runs with the repository at hand, so it is pinned to the commit of a release, and `source` "
            "says where that commit was read. The workflow uses only actions it knows.",
            "Give each action `uses`, `version` (such as `v7.0.1`), `sha` (40 hexadecimal digits) and `source`.",
        ),
    )
}
