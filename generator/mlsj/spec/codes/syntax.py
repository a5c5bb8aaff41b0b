"""Codes of text and shape: what makes a file unreadable, and values that are not what their field holds (MLSJ-S…)."""

from __future__ import annotations

from mlsj.spec.codes import Code

_CODES = (
    Code(
        "MLSJ-S001",
        "Unreadable character",
        "The file holds a byte that is not UTF-8, or a control character that no text needs. Compiled text reaches "
        "terminals, shells and web pages, and some of these characters are commands there.",
        "Save the file as UTF-8 and remove the character. `file curriculum.yaml` names the encoding a file has.",
    ),
    Code(
        "MLSJ-S002",
        "Not valid YAML",
        "The text cannot be read as YAML, so nothing behind this place was looked at. The parser notices a "
        "mistake where "
        "it stops making sense, often one line below where it was made; a note names where the broken part began.",
        "Look at the indentation (spaces only), at a missing `:` or closing quote, and at texts that begin with one of "
        "`` @ ` % & * ! | > ' \" { [ `` or contain `: ` or ` #`: put those in quotes.",
    ),
    Code(
        "MLSJ-S003",
        "Nested too deeply",
        "Lists and mappings are nested deeper than 64 levels. A spec needs ten; parsers that follow such files "
        "without a limit crash.",
        "Remove the nesting. It is usually an unclosed `[` or `{` that was repeated.",
    ),
    Code(
        "MLSJ-S004",
        "Anchor or alias",
        "YAML's anchors (`&name`) and aliases (`*name`) are not allowed. They hide where a value comes from, a "
        "diagnostic could not point at one place, and a few lines of them expand without bound.",
        "Repeat the value, or give it an id where the spec has one (books, environments, services) and cite the id. "
        "A text that begins with `*` or `&` needs quotes.",
    ),
    Code(
        "MLSJ-S005",
        "Key given twice",
        "A mapping has the same key twice. Most YAML readers keep the last one silently, and what an author sees "
        "first is then not what is compiled.",
        "Keep one of the two. Both places are named.",
    ),
    Code(
        "MLSJ-S006",
        "Too large",
        "The file has more than 16 MiB, or one text in it more than 262,144 characters. No course is that large, "
        "and reading it would take memory for nothing.",
        "Split the course, or move a long text into a file under `templates/`.",
    ),
    Code(
        "MLSJ-S007",
        "Second document",
        "A line `---` starts a second YAML document. A spec is one document; the rest would be ignored.",
        "Remove the line. Inside a block text (`|`), indent it.",
    ),
    Code(
        "MLSJ-S008",
        "Tag",
        "YAML's tags (`!!str`, `!include`, …) are not allowed: types come from the field, and nothing is included "
        "from elsewhere.",
        "Write the plain value. Quotes make a text of it; a text that begins with `!` needs them.",
    ),
    Code(
        "MLSJ-S009",
        "Nothing there",
        "The file is empty, holds only comments, or does not exist.",
        "Start with `format: 1` and a `course:` block, or make a course with `mlsj new course`.",
    ),
    Code(
        "MLSJ-S010",
        "Merge conflict",
        "The file holds the markers that git leaves where it could not merge (`<<<<<<<`, `=======`, `>>>>>>>`).",
        "Resolve the conflict: keep one side, or both, and delete the marker lines.",
    ),
    Code(
        "MLSJ-S011",
        "Not a finite number",
        "YAML has numbers such as `.inf` and `.nan`, and `1e999` is too large to hold. No field has a use for them, "
        "and JSON, which outputs are made of, cannot say them.",
        "Write a number in range. Where a text was meant, put quotes around it.",
    ),
    Code(
        "MLSJ-S012",
        "Too short or too long",
        "A text, list or mapping has fewer or more characters or entries than its field allows: a title cannot be "
        "empty, a lesson has at least one objective, an id must fit into a file name.",
        "Give it the length that the message names.",
    ),
    Code(
        "MLSJ-S013",
        "Number out of bounds",
        "A number is smaller or larger than its field allows: hours cannot be negative, ports end at 65535.",
        "Give a number in the bounds that the message names. The unit is in the field's description.",
    ),
    Code(
        "MLSJ-S014",
        "Unknown key",
        "A mapping has a key that it does not know. It would have no effect, and is most often a slip of the pen for "
        "one that has; the nearest known key is suggested.",
        "Correct the key, or remove it with its value. The help line lists the keys that are allowed here.",
    ),
    Code(
        "MLSJ-S015",
        "Missing key",
        "A mapping lacks a key that it must have. The place is that of the mapping: its key, or its `id` in a list.",
        "Add the key; the help line says what it holds.",
    ),
    Code(
        "MLSJ-S016",
        "Wrong type",
        "A value is not of the kind its field holds: a list where a text belongs, a number where a text belongs. YAML "
        "reads `4.1` as a number and `true` as a truth value; `4.10` would silently become `4.1`.",
        "Put quotes around a text that looks like a number; write a list with `-` or `[…]`; remove a key that has "
        "no value.",
    ),
    Code(
        "MLSJ-S017",
        "Value not allowed",
        "The field takes only one of a few values.",
        "Use one of those that the message lists.",
    ),
    Code(
        "MLSJ-S018",
        "Badly formed text",
        "The text does not have the form its field needs. Ids become file names, Make targets, job names and Python "
        "names, so they are words of letters and digits joined by hyphens; paths stay inside the course.",
        "Write it as the message says.",
    ),
    Code(
        "MLSJ-S019",
        "Badly formed name of an entry",
        "The key of an entry (a book, environment, service, stack or runner) is its name, and the name does not have "
        "the form it needs: it becomes part of file names and commands.",
        "Rename the entry as the message says, and what cites it.",
    ),
    Code(
        "MLSJ-S020",
        "Unknown kind",
        "`uses` names a criterion kind that this version of mlsj does not have, so nothing could judge the criterion.",
        "Use one of the kinds that are listed. A lesson whose kinds do not exist yet is a draft: leave `uses` "
        "out. What "
        "no kind can judge, a function of the lesson's own `judge.py` can (`uses: judge`).",
    ),
    Code(
        "MLSJ-S021",
        "Parameters without a kind",
        "A criterion has parameters (`with`) but names no kind (`uses`), so nobody knows what they mean.",
        "Name the kind, or remove the parameters.",
    ),
    Code(
        "MLSJ-S022",
        "Value refused",
        "The value has the right shape, and still cannot be used: a kind refuses its parameters (an expression that "
        "does not compile), or a number is too large to hold.",
        "The message says what is wrong with it.",
    ),
    Code(
        "MLSJ-S023",
        "Other format",
        "The file is written in another version of the spec's format than this mlsj reads. Nothing else was looked "
        "at, since it would mean something else.",
        "For an older format run `mlsj migrate`, which shows what it changes first. For a newer one install a "
        "newer mlsj.",
    ),
    Code(
        "MLSJ-S024",
        "Too many faults",
        "More than 200 things were wrong in one stage of the check, and the rest was not looked at. So many are most "
        "often one: an indentation that moved a whole block, or a file that is no spec at all.",
        "Mend those that are shown, from the top, and check again.",
    ),
)

CODES: dict[str, Code] = {code.code: code for code in _CODES}
