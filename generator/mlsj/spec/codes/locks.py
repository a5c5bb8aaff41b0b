"""Codes of locks: hashed requirements of the environments (MLSJ-O010 to O019)."""

from __future__ import annotations

from mlsj.spec.codes import Code

CODES: dict[str, Code] = {
    code.code: code
    for code in (
        Code(
            "MLSJ-O010",
            "Environment without lock",
            "An environment lists what its lessons need; the lock in `locks/<name>.txt` lists every package that "
            "follows from it, with version and hash. Without the lock each machine would install something else, "
            "and nobody would notice a package that was exchanged on the way.",
            "Run `mlsj lock <name>` (it needs [uv](https://docs.astral.sh/uv/) and the network) and commit the file.",
        ),
        Code(
            "MLSJ-O011",
            "Outdated lock",
            "The lock's header holds a digest of the requirements it was resolved from. They have changed since, "
            "or the header is gone, so the lock no longer says what the environment asks for. Lessons would run "
            "with other packages than the spec claims.",
            "Run `mlsj lock <name>` and commit the file; `mlsj lock --check` compares without the network.",
        ),
        Code(
            "MLSJ-O012",
            "Stray lock",
            "A file in `locks/` bears the header of `mlsj lock`, but the curriculum has no environment of that "
            "name: the environment was removed or renamed. Nothing installs the file any more. Files without the "
            "header are left alone.",
            "Delete the file, or bring the environment back.",
        ),
        Code(
            "MLSJ-O013",
            "Package without version or hash in a lock",
            "Every package of a lock is pinned with `==` and carries at least one `--hash=sha256:…`. One that "
            "does not could be anything, and installers refuse the whole file (`--require-hashes`). Locks are "
            "made, not edited: somebody has changed this one by hand, or a merge went wrong.",
            "Run `mlsj lock <name>` and commit the file.",
        ),
        Code(
            "MLSJ-O014",
            "Address in a lock",
            "A lock says what to install, never from where: an index, a file or a version-control address in it "
            "would overrule the mirror a machine is set up for, and ties the course to one server.",
            "Run `mlsj lock <name>`, and set the index in the machine's own configuration of uv or pip.",
        ),
        Code(
            "MLSJ-O015",
            "Not a requirement",
            "A requirement is a package's name with optional extras, versions and marker, as PEP 508 writes it: "
            "`dvc==3.67.1`, `uvicorn[standard]>=0.30`. Addresses, paths and installer options cannot be hashed or"
            " reproduced. `requires` names the oldest Python that the packages are resolved for, such as "
            "`>=3.11`.",
            "Write the package's name and versions; for a package that is on no index, put its source into the course.",
        ),
    )
}
