"""The files of a box as lesson M0 reads them: devcontainer.json, its schema, and the Dockerfile that it names."""

import json
import os
import re
from typing import Any

from mlsj.kinds.base import Context, Finding, failed, inside

BOX = ".devcontainer"
JSON = f"{BOX}/devcontainer.json"

# Dockerfile reference, https://docs.docker.com/reference/dockerfile/#overview
INSTRUCTIONS = frozenset(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER "
    "VOLUME WORKDIR".split()
)
# Run by the lesson's environment: a Dockerfile's instructions with their lines, and the images it starts from.
PARSE = """
import io, json, sys
from dockerfile_parse import DockerfileParser
parser = DockerfileParser(fileobj=io.BytesIO(sys.stdin.buffer.read()))
lines = [(part["instruction"], part["startline"] + 1, part["value"]) for part in parser.structure]
json.dump({"lines": lines, "images": parser.parent_images}, sys.stdout)
"""
_COMMENTS = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_HEREDOC = re.compile(r"<<-?[ \t]*([\"']?)([A-Za-z_]\w*)\1")


class Wrong(Exception):
    """The learner's files do not hold; carries what to say."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def configuration(context: Context) -> dict[str, Any]:
    """Return devcontainer.json, checked. Raises Wrong."""
    path = inside(context.work, JSON)
    if path is None or not path.is_file():
        nested = sorted(found.relative_to(context.work).as_posix() for found in (context.work / BOX).glob("*/*.json"))
        raise Wrong(
            failed(
                f"{JSON} is missing" + (f"; there is {nested[0]}" if nested else ""),
                expected=JSON,
                got=", ".join(nested) or "no such file",
                where=f"work/M0/{BOX}",
                next_step="cp -r puts the folder inside one that is there already: move the files one level up"
                if nested
                else "cp -r .devcontainer_template .devcontainer, then complete it",
            )
        )
    text = path.read_text("utf-8", "replace")
    # Comments are allowed (https://containers.dev/implementors/spec/#devcontainerjson); positions stay as they are.
    plain = _COMMENTS.sub(lambda found: found[1] or re.sub(r"[^\n]", " ", found[0]), text)
    try:
        config = json.loads(plain)
    except json.JSONDecodeError as error:
        raise Wrong(
            failed(
                f"{JSON} is not JSON with comments: {error.msg}",
                expected="JSON; comments are fine, a comma after the last item is not",
                got=text.splitlines()[error.lineno - 1].strip() if text.strip() else "an empty file",
                where=f"work/M0/{JSON}:{error.lineno}:{error.colno}",
                next_step=f"look at line {error.lineno}",
            )
        ) from None
    check_schema(context, config)
    return config


def check_schema(context: Context, config: Any) -> None:
    """Hold the configuration to the schema, and to having one source. Raises Wrong with the first thing wrong."""
    import jsonschema_rs

    def wrong(message: str, expected: str, got: str, next_step: str) -> Wrong:
        where = f"work/M0/{JSON}"
        return Wrong(failed(message, expected=expected, got=got, where=where, next_step=next_step))

    schema = json.loads((context.sources / "_judge" / "devcontainer.schema.json").read_text())
    error = next(iter(jsonschema_rs.Draft202012Validator(schema).iter_errors(config)), None)
    if error is not None:
        place = "/".join(str(part) for part in error.instance_path)
        raise wrong(
            f"{JSON} does not follow the specification: {error.message}",
            "what containers.dev/implementors/json_reference allows",
            f"{error.message}" + (f" (at {place})" if place else ""),
            "compare the name and the type of the property with the reference",
        )
    if config.get("name", "TODO").strip() in ("", "TODO"):
        raise wrong("the box has no name", "a 'name'", str(config.get("name", "none")), "give it a name of yours")
    build = config.get("build", {})
    sources = [name for name in ("image", "dockerComposeFile", "dockerFile") if name in config]
    sources += ["build.dockerfile"] if "dockerfile" in build else []
    if len(sources) != 1:
        raise wrong(
            "the box must take its image from one place",
            "exactly one of 'image', 'build.dockerfile' and 'dockerComposeFile'",
            " and ".join(sources) or "none of them",
            "keep one",
        )


def named_dockerfile(context: Context, config: dict[str, Any]) -> str | None:
    """Return the Dockerfile that the configuration names, by path in the work directory. Raises Wrong when it is absent."""
    name = config.get("build", {}).get("dockerfile") or config.get("dockerFile")
    if name is None:
        return None
    path = os.path.normpath(f"{BOX}/{name}")
    found = inside(context.work, path)
    if found is None or not found.is_file():
        raise Wrong(
            failed(
                f"the Dockerfile that {JSON} names is missing",
                expected=path,
                got="no such file in the lesson",
                where=f"work/M0/{JSON}",
                next_step="the path is relative to devcontainer.json",
            )
        )
    return path


def instructions(context: Context, dockerfile: str) -> None:
    """Check that a Dockerfile is made of instructions, and starts from an image. Raises Wrong."""
    lines = [line for line in parsed(context, dockerfile)["lines"] if line[0] != "COMMENT"]
    for word, line, value in lines:
        if word not in INSTRUCTIONS or not value:
            problem = f"'{word}' is no instruction" if word not in INSTRUCTIONS else f"{word} says nothing"
            raise Wrong(
                failed(
                    f"the Dockerfile does not parse: {problem}",
                    expected="lines that begin with an instruction, such as FROM, RUN or USER",
                    got=f"{word} {value}".strip(),
                    where=f"work/M0/{dockerfile}:{line}",
                    next_step="a command that goes on in the next line ends with a backslash",
                )
            )
    first = next((word for word, _, _ in lines if word != "ARG"), None)
    if first != "FROM":
        raise Wrong(
            failed(
                "the Dockerfile starts from no image",
                expected="FROM as the first instruction (ARG may stand before it)",
                got=first or "no instruction",
                where=f"work/M0/{dockerfile}",
                next_step="begin with FROM and a pinned image",
            )
        )


def parsed(context: Context, dockerfile: str) -> dict[str, Any]:
    """Return a Dockerfile's instructions and parent images, read once, in the lesson's environment."""
    return context.once(f"parsed {dockerfile}", lambda: _parse(context, dockerfile))


def _parse(context: Context, dockerfile: str) -> dict[str, Any]:
    text = without_heredocs((context.work / dockerfile).read_text("utf-8", "replace"))
    ran = context.run(["python3", "-I", "-c", PARSE], cwd=context.scratch, stdin=text)
    if ran.exit_code != 0:
        raise RuntimeError(f"the parser of Dockerfiles failed: {ran.ending}")
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def without_heredocs(text: str) -> str:
    """Blank the bodies of here-documents, which the parser would read as instructions; lines keep their numbers."""
    kept: list[str] = []
    ends: list[str] = []
    for line in text.splitlines():
        if ends:
            if line.strip() == ends[0]:
                ends.pop(0)
            kept.append("")
            continue
        ends = [found[2] for found in _HEREDOC.finditer(line) if not line.lstrip().startswith("#")]
        kept.append(line)
    return "\n".join(kept) + "\n"


def is_pinned(image: str) -> bool:
    """Tell whether an image's name has a digest, or a tag with a digit in it; a port is not a tag."""
    if re.search(r"@sha256:[0-9a-f]{64}$", image):
        return True
    tag = image.rpartition("/")[2].partition(":")[2]
    return bool(re.search(r"\d", tag)) and not tag.startswith("latest")
