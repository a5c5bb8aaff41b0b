"""The typed model of a curriculum: what an author may write, and what every other part of mlsj reads.

It is the single source of truth: `mlsj.spec.schema` renders the JSON Schema from it, so each field carries the
description that an editor shows. Values are immutable. Hours are hours, memory is MiB, times are seconds unless a name
says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

FORMAT: Literal[1] = 1


def _rule(words: str) -> dict[str, str]:
    """Say a pattern in words: editors and our diagnostics show this instead of the pattern."""
    return {"patternErrorMessage": words}


# Ids become file names, Make targets and job names, so they are words joined by hyphens and never start with one.
Id = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$(?!\n)",
        max_length=48,
        extra_json_schema=_rule("letters and digits in words joined by single hyphens, such as 3-5"),
    ),
]
Name = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$(?!\n)",
        max_length=64,
        extra_json_schema=_rule("lower-case letters and digits in words joined by single '.', '_' or '-'"),
    ),
]
Text = Annotated[str, Meta(min_length=1)]
Hours = Annotated[float, Meta(ge=0, le=200)]
Port = Annotated[int, Meta(ge=1, le=65535)]
# A path inside the course, with `/`, never absolute and never climbing out.
RelPath = Annotated[
    str,
    Meta(
        pattern=r"^(?!/)(?!.*(^|/)\.\.?(/|$))[^\\\x00-\x1f]+$(?!\n)",
        max_length=240,
        extra_json_schema=_rule("a path inside the course, with '/', not absolute and without '.' or '..'"),
    ),
]


class Node(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A mapping of the spec: only the fields declared here are allowed."""


class Course(Node, frozen=True, kw_only=True):
    """What the course is called and where it lives."""

    id: Annotated[Id, Meta(description="Short name of the course, used in job and stack names.")]
    title: Annotated[Text, Meta(description="Title, plain text.")]
    repository: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$(?!\n)",
            extra_json_schema=_rule("OWNER/NAME"),
            description="OWNER/NAME of the course's own repository; elsewhere is a learner's fork.",
        ),
    ]
    summary: Annotated[str, Meta(description="What the course is about, Markdown.")] = ""
    branch: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$(?!\n)",
            extra_json_schema=_rule("a branch name of letters, digits, '.', '_', '/' and '-', such as main"),
            description="Default branch.",
        ),
    ] = "main"


class Book(Node, frozen=True, kw_only=True):
    """A book, page or paper that readings cite by id."""

    title: Annotated[Text, Meta(description="Title, plain text.")]
    authors: Annotated[str, Meta(description="Authors, plain text.")] = ""
    edition: Annotated[int | None, Meta(description="Edition, as a number.")] = None
    year: Annotated[int | None, Meta(description="Year of publication.")] = None
    url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^\s<>\x22']+)?$(?!\n)",
            extra_json_schema=_rule("an http:// or https:// address without spaces or quotes"),
            description="Where it can be read or bought.",
        ),
    ] = ""
    chapters: Annotated[
        dict[str, str], Meta(description="Chapter number, or section name, to its title; readings may cite only these.")
    ] = {}


class Environment(Node, frozen=True, kw_only=True):
    """A set of packages that lesson programs run in; resolved with hashes into `locks/<name>.txt` by `mlsj lock`."""

    python: Annotated[list[Text], Meta(min_length=1, description="Python requirements, PEP 508.")]
    requires: Annotated[str, Meta(description="Python versions this set is resolved for, such as '>=3.11'.")] = ">=3.11"


class HealthCheck(Node, frozen=True, kw_only=True):
    """How compose learns that a service is ready."""

    test: Annotated[list[Text], Meta(min_length=2, description="CMD or CMD-SHELL, then the command.")]
    interval_s: Annotated[int, Meta(ge=1, description="Seconds between probes.")] = 5
    timeout_s: Annotated[int, Meta(ge=1, description="Seconds a probe may take.")] = 10
    retries: Annotated[int, Meta(ge=1, description="Failures in a row that make it unhealthy.")] = 20
    start_s: Annotated[int, Meta(ge=0, description="Seconds after the start in which failures do not count.")] = 5


class PortMap(Node, frozen=True, kw_only=True):
    """A port of the service and where it is published on the loopback interface."""

    name: Annotated[Name, Meta(description="What is spoken there, such as 'sql' or 'http'.")]
    container: Annotated[Port, Meta(description="Port inside the container.")]
    host: Annotated[Port, Meta(description="Port published on 127.0.0.1.")]


class Service(Node, frozen=True, kw_only=True):
    """A real service of a stack: which engine, which version, and what compose needs to run it."""

    engine: Annotated[
        Name, Meta(description="Which engine it is; the native recipe of that name runs it without containers.")
    ]
    version: Annotated[Text, Meta(description="Version of the engine.")]
    image: Annotated[
        Text,
        Meta(
            pattern=r"^[a-z0-9][a-z0-9./_-]*:[A-Za-z0-9._-]+$(?!\n)",
            extra_json_schema=_rule("an image name with its tag, such as apache/kafka:4.1.1"),
            description="Container image with its tag.",
        ),
    ]
    digest: Annotated[
        Annotated[
            str,
            Meta(
                pattern=r"^sha256:[0-9a-f]{64}$(?!\n)",
                extra_json_schema=_rule("'sha256:' and 64 lower-case hexadecimal digits"),
            ),
        ]
        | None,
        Meta(description="Digest of the image; absent where it was never read."),
    ] = None
    source: Annotated[Text, Meta(description="Where the tag (and digest) was read.")]
    license: Annotated[str, Meta(description="SPDX id of the engine's licence.")] = ""
    ports: Annotated[list[PortMap], Meta(description="Published ports.")] = []
    environment: Annotated[dict[str, str], Meta(description="Environment of the container.")] = {}
    command: Annotated[list[str], Meta(description="Command, if not the image's own.")] = []
    volumes: Annotated[dict[Id, str], Meta(description="Named volume to the absolute path where it is mounted.")] = {}
    health: Annotated[HealthCheck | None, Meta(description="How readiness is asked for.")] = None
    after: Annotated[list[Name], Meta(description="Services that must be healthy first.")] = []
    memory_mib: Annotated[int, Meta(ge=16, le=65536, description="Memory limit in MiB.")] = 512
    options: Annotated[dict[str, Any], Meta(description="Settings for the native recipe of this engine.")] = {}


class Stack(Node, frozen=True, kw_only=True):
    """Services that start together."""

    title: Annotated[str, Meta(description="What the stack is for, plain text.")] = ""
    services: Annotated[list[Name], Meta(min_length=1, description="Ids of the services.")]


class Runner(Node, frozen=True, kw_only=True):
    """What a CI job needs; `site.yaml` maps the class to runner labels."""

    os: Annotated[
        Literal["ubuntu-24.04", "ubuntu-22.04"] | None,
        Meta(description="Hosted image the job runs on, if it is not self-hosted."),
    ] = None
    min_vram_gb: Annotated[
        Annotated[int, Meta(ge=1, le=1024)] | None, Meta(description="GPU memory it needs, in GB; absent for no GPU.")
    ] = None
    max_minutes: Annotated[int, Meta(ge=1, le=360, description="Time limit of one job in minutes.")] = 30


class Effort(Node, frozen=True, kw_only=True):
    """Hours a learner spends."""

    read: Annotated[Hours, Meta(description="Hours of reading.")]
    build: Annotated[Hours, Meta(description="Hours of building.")]
    reflect: Annotated[Hours, Meta(description="Hours of reflecting and writing.")]

    @property
    def total(self) -> float:
        """All hours."""
        return self.read + self.build + self.reflect


class Reading(Node, frozen=True, kw_only=True):
    """What to read before coding."""

    cite: Annotated[Id, Meta(description="Id in the bibliography.")]
    chapter: Annotated[str | int | None, Meta(description="Chapter or section, as the bibliography lists it.")] = None
    note: Annotated[str, Meta(description="Which part, or what to look for.")] = ""


class Objective(Node, frozen=True, kw_only=True):
    """Something the learner can do afterwards."""

    id: Annotated[Id, Meta(description="Id, cited by criteria under 'shows'.")]
    says: Annotated[Text, Meta(description="The skill, as an imperative sentence.")]


class Section(Node, frozen=True, kw_only=True):
    """A section of the learner's note."""

    heading: Annotated[Text, Meta(description="Heading of the section, plain text.")]
    asks: Annotated[Text, Meta(description="What to write there.")]


class Restated(Node, frozen=True, kw_only=True):
    """A command or number of the outline that was replaced, and why."""

    was: Annotated[Text, Meta(description="What the outline said.")]
    now: Annotated[Text, Meta(description="What this lesson says instead.")]
    why: Annotated[Text, Meta(description="Why: what has rotted or is flawed, with its evidence.")]


class Criterion(Node, frozen=True, kw_only=True):
    """One thing that is judged."""

    id: Annotated[Id, Meta(description="Id, unique in the lesson.")]
    says: Annotated[Text, Meta(description="What must hold, as a sentence the learner can test.")]
    core: Annotated[bool, Meta(description="Judged on every machine; a lesson needs at least one.")] = False
    shows: Annotated[list[Id], Meta(description="Objectives it is evidence for.")] = []
    uses: Annotated[str | None, Meta(description="Criterion kind that judges it; a draft lesson may leave it out.")] = (
        None
    )
    with_: Annotated[dict[str, Any], Meta(description="Parameters of the kind.")] = msgspec.field(
        default_factory=dict, name="with"
    )
    needs: Annotated[list[Id], Meta(description="Criteria of this lesson that must pass first.")] = []
    requires: Annotated[
        Literal["gpu", "docker"] | None, Meta(description="What a machine must have, else 'unverified'.")
    ] = None
    timeout_s: Annotated[int, Meta(ge=1, le=3600, description="Time limit of judging it, in seconds.")] = 120
    repeat: Annotated[
        int, Meta(ge=1, le=100, description="How often it is judged, each time with fresh inputs; each must pass.")
    ] = 1


class Mistake(Node, frozen=True, kw_only=True):
    """A mistake real people make, kept as a variant of the sources; judging must reject it."""

    id: Annotated[Id, Meta(description="Id, used as the variant's name.")]
    says: Annotated[Text, Meta(description="What is wrong, in a sentence.")]
    fails: Annotated[list[Id], Meta(min_length=1, description="Exactly the criteria that fail.")]
    message: Annotated[Text, Meta(description="Text that the verdict's message contains.")]


class Lesson(Node, frozen=True, kw_only=True):
    """One lesson."""

    id: Annotated[Id, Meta(description="Id, such as '3-5'; names its folders, targets and note.")]
    title: Annotated[Text, Meta(description="Title, plain text.")]
    status: Annotated[Literal["ready", "draft"], Meta(description="A draft is shown as such and cannot be judged yet.")]
    track: Annotated[Literal["core", "full-book"], Meta(description="Core path, or the optional full-book track.")] = (
        "core"
    )
    summary: Annotated[str, Meta(description="What it is about and why it matters, Markdown.")] = ""
    needs: Annotated[list[Id], Meta(description="Lessons to finish first.")] = []
    effort: Annotated[Effort, Meta(description="Hours.")]
    effort_note: Annotated[str, Meta(description="How the hours were derived, where the outline gives none.")] = ""
    reading: Annotated[list[Reading], Meta(description="What to read first.")] = []
    reading_note: Annotated[str, Meta(description="Why there is nothing to read, where that is so.")] = ""
    objectives: Annotated[list[Objective], Meta(min_length=1, description="What the learner can do afterwards.")]
    sources: Annotated[RelPath | None, Meta(description="Folder of the reference sources with their variants.")] = None
    environment: Annotated[Name | None, Meta(description="Environment its programs run in.")] = None
    stack: Annotated[Name | None, Meta(description="Stack it works with.")] = None
    runner: Annotated[Name, Meta(description="Runner class of its CI job.")] = "cpu"
    network: Annotated[bool, Meta(description="Whether its programs may use the host's network.")] = False
    quickstart: Annotated[
        Text,
        Meta(
            description="Bash lines to begin with; a line ending in '# needs: docker' (or gpu) runs only where it can."
        ),
    ]
    restated: Annotated[list[Restated], Meta(description="What differs from the outline, and why.")] = []
    criteria: Annotated[list[Criterion], Meta(min_length=1, description="What is judged.")]
    mistakes: Annotated[list[Mistake], Meta(description="Mistakes that must be rejected.")] = []
    hints: Annotated[list[Text], Meta(description="Hints, from a nudge to nearly the answer.")] = []
    after: Annotated[str, Meta(description="Shown after a pass: why it works, what an expert checks next.")] = ""
    debrief: Annotated[Text, Meta(description="What to reflect on in the note.")]
    note: Annotated[list[Section], Meta(description="Sections of the note form; by default one, 'Debrief'.")] = []

    @property
    def note_sections(self) -> list[Section]:
        """The sections of the note form."""
        return self.note or [Section(heading="Debrief", asks=self.debrief)]

    @property
    def slug(self) -> str:
        """The id as it appears in Python module and test names."""
        return self.id.replace("-", "_")


class Module(Node, frozen=True, kw_only=True):
    """A group of lessons."""

    id: Annotated[Id, Meta(description="Id, such as '3'.")]
    title: Annotated[Text, Meta(description="Title, plain text.")]
    hours: Annotated[Hours, Meta(description="Hours the outline gives; shown beside the computed sum.")]
    hours_note: Annotated[str, Meta(description="Why the computed sum differs by more than 25 %.")] = ""
    summary: Annotated[str, Meta(description="What it is about, Markdown.")] = ""
    lessons: Annotated[list[Lesson], Meta(min_length=1, description="The lessons, in order.")]

    @property
    def computed_hours(self) -> float:
        """Sum of the lessons' hours."""
        return sum(lesson.effort.total for lesson in self.lessons)


class Curriculum(Node, frozen=True, kw_only=True):
    """A whole course."""

    format: Annotated[Literal[1], Meta(description="Version of the spec's format.")]
    course: Annotated[Course, Meta(description="What the course is.")]
    bibliography: Annotated[dict[Id, Book], Meta(description="Books and pages, cited by id.")] = {}
    environments: Annotated[dict[Name, Environment], Meta(description="Package sets that lesson programs run in.")] = {}
    services: Annotated[dict[Name, Service], Meta(description="Services that stacks are made of.")] = {}
    stacks: Annotated[dict[Id, Stack], Meta(description="Services that start together.")] = {}
    runners: Annotated[dict[Name, Runner], Meta(description="Classes of CI runners; 'cpu' is built in.")] = {}
    modules: Annotated[list[Module], Meta(min_length=1, description="The modules, in order.")]

    def lessons(self) -> Iterator[tuple[Module, Lesson]]:
        """Every lesson with its module, in order."""
        return ((module, lesson) for module in self.modules for lesson in module.lessons)

    def lesson(self, lesson_id: str) -> Lesson | None:
        """The lesson of that id, or None."""
        return next((lesson for _, lesson in self.lessons() if lesson.id == lesson_id), None)


class SiteRunner(Node, frozen=True, kw_only=True):
    """Where jobs of a runner class run at this site."""

    labels: Annotated[
        list[
            Annotated[
                str,
                Meta(
                    pattern=r"^[A-Za-z0-9._=/-]+$(?!\n)",
                    max_length=100,
                    extra_json_schema=_rule("a runner label of letters, digits, '.', '_', '=', '/' and '-'"),
                ),
            ]
        ],
        Meta(min_length=1, description="Labels for runs-on."),
    ]
    group: Annotated[
        Annotated[
            str,
            Meta(
                pattern=r"^[A-Za-z0-9 ._-]+$(?!\n)",
                extra_json_schema=_rule("a group name of letters, digits, spaces, '.', '_' and '-'"),
            ),
        ]
        | None,
        Meta(description="Runner group, for larger runners."),
    ] = None


class Site(Node, frozen=True, kw_only=True):
    """What this copy of the course has; optional, without it there is no GPU."""

    format: Annotated[Literal[1], Meta(description="Version of the file's format.")]
    runners: Annotated[dict[Name, SiteRunner], Meta(description="Runner class to labels.")] = {}
