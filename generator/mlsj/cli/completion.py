"""`mlsj completion`: print the script that teaches a shell to complete mlsj's commands, options and lesson ids."""

from __future__ import annotations

import click

PROGRAM = "mlsj"
VARIABLE = "_MLSJ_COMPLETE"


@click.command(
    epilog="""\b
Examples:
  mlsj completion bash > ~/.local/share/bash-completion/completions/mlsj
  mlsj completion zsh > ~/.zfunc/_mlsj      (with ~/.zfunc in fpath)
  mlsj completion fish > ~/.config/fish/completions/mlsj.fish
  eval "$(mlsj completion bash)"            in this shell only
"""
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script of your shell."""
    from click.shell_completion import get_completion_class

    from mlsj.cli.common import echo

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"click knows no completion for {shell}", ctx)
    echo(found(ctx.find_root().command, {}, PROGRAM, VARIABLE).source())
