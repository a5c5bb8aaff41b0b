"""Codes of outputs: files that the compiler makes or reads, and what else stands where they go (O, but for locks)."""

from __future__ import annotations

from mlsj.spec.codes import Code

_ZONE = "`generated/`, `stacks/`, `schema/`, and what the compiler makes in `.github/` and `.gitattributes`"
_CHECK = "Run `mlsj generate` and commit what it changes."

CODES: dict[str, Code] = {
    code.code: code
    for code in (
        Code(
            "MLSJ-O001",
            "Two outputs claim one path",
            "Two places of the spec compile to the same path, to paths that differ only in upper and lower case (one "
            "file on macOS and Windows), or to a file where the other needs a folder. One would overwrite the other, "
            "so nothing is written.",
            "Rename one of the two places that the message names.",
        ),
        Code(
            "MLSJ-O002",
            "Refused manifest",
            "`.mlsj/manifest.json` lists what the compiler made, and decides what it may delete. It is untrusted "
            "input: a path that is absolute, climbs out with `..`, or lies outside the compiler's zone, a merge "
            "conflict, a wrong type: anything this tool would not have written refuses the whole file. The zone is "
            f"{_ZONE}.",
            "Run `mlsj generate`: it compiles as if there was no manifest, deletes nothing, and writes a new one. "
            "Files that are no longer generated and bear the header are then named (MLSJ-O004).",
        ),
        Code(
            "MLSJ-O003",
            "File edited by hand",
            "A file in the compiler's zone holds bytes that the compiler did not write. The next compile overwrites "
            "such edits, so they belong elsewhere. They are not lost: they are first saved under "
            "`.mlsj/cache/replaced/`, and a file that is no longer generated is kept.",
            "Make the change where the file comes from: `mlsj explain PATH` names the place in the spec. Then run "
            "`mlsj generate`.",
        ),
        Code(
            "MLSJ-O004",
            "Left-over with our header",
            "A file says in its first lines that it was generated, but nothing generates it and the manifest does "
            "not list it: the manifest was lost, or the file is a copy. Since nobody can tell, it is kept.",
            "Delete the file, or take the header out of it if it is yours.",
        ),
        Code(
            "MLSJ-O005",
            "Symbolic link in the way",
            "A generated file, or a folder above it, is a symbolic link. Writing through it would change files "
            "elsewhere, perhaps outside the course, so nothing is written.",
            "Remove the link.",
        ),
        Code(
            "MLSJ-O006",
            "Something in the way",
            "A folder stands where a generated file must go, or a file where a folder must. It is not the compiler's "
            "own, so it is not removed, and nothing is written.",
            "Move it away, out of the compiler's zone.",
        ),
        Code(
            "MLSJ-O007",
            "Generated file out of date",
            "The file is one the compiler wrote, but the spec (or a template, a source, the tool itself) has changed "
            "since and compiles to something else now; or its executable bit is wrong.",
            _CHECK,
        ),
        Code("MLSJ-O008", "Generated file missing", "The spec compiles to a file that is not there.", _CHECK),
        Code(
            "MLSJ-O009",
            "Stale file",
            "The file was generated once, and nothing generates it any more: its lesson, stack or template is gone.",
            "Run `mlsj generate`, which deletes it as long as its bytes are the compiler's own, and commit that. One "
            "that the manifest does not list is yours to delete.",
        ),
        Code(
            "MLSJ-O020",
            "Input cannot be read",
            "The compiler reads `curriculum.yaml`, `site.yaml`, and every file in `templates/`, `kernels/` and "
            "`locks/`. This one could not be read, and to compile without it would leave out part of the course.",
            "Give yourself permission to read it, repair the link, or remove it.",
        ),
        Code(
            "MLSJ-O021",
            "Input is a link that is not followed",
            "A symbolic link leads out of the course, so another copy of the course would compile to something else; "
            "or it leads to a folder. Links to files within the course are followed.",
            "Put the files themselves there.",
        ),
        Code(
            "MLSJ-O022",
            "Input of a strange kind or name",
            "Something in the folders that the compiler reads is neither a file nor a folder (a pipe, a device), or "
            "has a name with a backslash or an unprintable character, which no generated path may hold.",
            "Rename it, or move it away.",
        ),
        Code(
            "MLSJ-O023",
            "Input too large",
            "Reference sources and templates are small; a file of this size is in the wrong place, such as a core "
            "dump or a data set.",
            "Move it away; let a variant's `prepare` script make large data.",
        ),
    )
}
