"""`mlsj lock`: resolve environments into hashed requirements in `locks/`."""

from __future__ import annotations

import click

from mlsj.cli import exits


@click.command(
    epilog="""\b
Examples:
  mlsj lock              resolve every environment again
  mlsj lock dvc          only this one
  mlsj lock --check      say which locks are missing or outdated; no network
"""
)
@click.argument("names", metavar="[ENV]...", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a lock is missing, outdated or unsafe.")
@click.pass_context
def command(ctx: click.Context, names: tuple[str, ...], check: bool) -> None:
    """Resolve environments of the curriculum into locks/ENV.txt, with a hash for every package.

    Needs uv and the network. The newest versions that the requirements allow are taken.
    """
    from mlsj.cli.common import echo, load_course, report, root_of, stop, texts_of
    from mlsj.cli.suggest import unknown
    from mlsj.project.author import replace
    from mlsj.project.resolve import Unresolved, find_uv, resolve
    from mlsj.spec.diagnostics import has_errors
    from mlsj.spec.locks import diagnose, diagnose_environment, diagnose_requirements, path_of
    from mlsj.spec.rules.subject import Subject

    root = root_of(ctx)
    loaded = load_course(root)
    if loaded.curriculum is None:
        report(loaded.diagnostics, "text", texts_of(loaded.tree, loaded.diagnostics))
        ctx.exit(exits.FAILED)
    subject = Subject(loaded.curriculum, loaded.site, loaded.source, loaded.tree)
    environments = loaded.curriculum.environments
    for name in names:
        if name not in environments:
            raise click.UsageError(unknown("environment", name, environments), ctx)
    chosen = list(dict.fromkeys(names)) or list(environments)
    if check:
        found = (
            [d for name in chosen for d in diagnose_environment(subject, name)] if names else list(diagnose(subject))
        )
        report(found, "text", texts_of(loaded.tree, found))
        if has_errors(found):
            ctx.exit(exits.FAILED)
        echo(f"{len(chosen)} lock(s) up to date" if chosen else "The curriculum has no environments: nothing to lock.")
        return
    if not chosen:
        echo("The curriculum has no environments: nothing to lock.")
        return
    wrong = [d for name in chosen for d in diagnose_requirements(subject, name)]
    if wrong:
        report(wrong, "text", texts_of(loaded.tree, wrong))
        ctx.exit(exits.FAILED)
    uv = find_uv()
    if uv is None:
        stop("uv is not installed, and it is what resolves packages", code=exits.NOT_JUDGED, help=_INSTALL)
    for name in chosen:
        echo(f"resolving {name}: {', '.join(environments[name].python)}", err=True)
        made = resolve(uv, name, environments[name])
        if isinstance(made, Unresolved):
            code = exits.NOT_JUDGED if made.machine else exits.FAILED
            stop(f"environment '{name}' could not be resolved; {path_of(name)} is as it was\n{made.reason}", code=code)
        written = replace(root / path_of(name), made)
        packages = sum(1 for line in made.decode().splitlines() if line[:1].isalnum())
        plural = "" if packages == 1 else "s"
        echo(f"{path_of(name)}: {packages} package{plural}{'' if written else ', unchanged'}")


_INSTALL = "install it: pacman -S uv, brew install uv, or pip install uv"
