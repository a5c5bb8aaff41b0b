"""Courses of any size, for measuring: every lesson is ready, has a source file with regions, criteria and mistakes."""

from __future__ import annotations

import sys
from pathlib import Path

HEAD = """\
# yaml-language-server: $schema=schema/curriculum.schema.json
format: 1
course:
  id: synthetic
  title: A synthesised course
  repository: example/synthetic
bibliography:
  book:
    title: The Book
    edition: 1
    chapters: {1: One, 2: Two, 3: Three}
modules:
"""

MODULE = """\
  - id: "m{m}"
    title: Module {m}
    hours: {hours}
    lessons:
"""

LESSON = """\
      - id: {id}
        title: Prefix-sum scan, part {n}
        track: core
        status: ready
        needs: [{needs}]
        effort: {{read: 1.5, build: 3, reflect: 0.5}}
        reading: [{{cite: book, chapter: {chapter}}}]
        objectives:
          - {{id: scan, says: Implement a multi-block inclusive scan with cooperative groups}}
          - {{id: tell, says: Explain which ceiling the program meets and how that was measured}}
        sources: templates/lessons/{id}
        quickstart: |
          make lesson-{id}
          cat work/{id}/scan.py
        criteria:
          - id: written
            core: true
            shows: [scan]
            says: The program exists and defines `scan`
            uses: file
            with: {{path: scan.py, contains: "return total"}}
          - id: runs
            core: true
            shows: [scan]
            says: It ends with exit code 0 and prints its result
            uses: command
            with: {{run: [python3, scan.py], stdout_contains: "6"}}
            needs: [written]
          - id: note
            shows: [tell]
            says: The note answers its section in at least twenty words
            uses: note
        mistakes:
          - id: returns-input
            says: Returns its input
            fails: [written]
            message: "does not contain"
          - id: wrong-sum
            says: Starts at the wrong total
            fails: [runs]
            message: "prints"
        hints:
          - Write down the sums of the first three elements by hand.
          - Keep one running total.
          - Add, then append.
        after: One pass and one running total; an expert checks overflow next.
        debrief: Note what limits a scan that runs on many processors.
"""

SOURCE = '''\
"""Sum as you go."""


def scan(values):
    """Return the inclusive prefix sums of values."""
#: solution
    total, out = 0, []
    for value in values:
        total += value
        out.append(total)
    assert out[-1] == total
    print(total)
    return total
#: mistake returns-input
    return values
#: mistake wrong-sum
    total = 1
    for value in values:
        total += value
    print(total)
    return total
#: stub
    # TODO: keep a running total.
#: end


scan([1, 2, 3])
'''

PER_MODULE = 8


def course(lessons: int) -> dict[str, bytes]:
    """Return the author files of a course with `lessons` lessons: path to bytes."""
    text = [HEAD]
    files: dict[str, bytes] = {}
    previous = ""
    for n in range(lessons):
        if n % PER_MODULE == 0:
            count = min(PER_MODULE, lessons - n)
            text.append(MODULE.format(m=n // PER_MODULE + 1, hours=5 * count))
        lesson = f"s{n // PER_MODULE + 1}-{n % PER_MODULE + 1}"
        text.append(LESSON.format(id=lesson, n=n + 1, needs=previous, chapter=n % 3 + 1))
        files[f"templates/lessons/{lesson}/scan.py"] = SOURCE.encode()
        previous = lesson
    files["curriculum.yaml"] = "".join(text).encode()
    return files


def write(target: Path, lessons: int) -> None:
    """Write the course to the folder `target`."""
    for path, data in course(lessons).items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(data)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
