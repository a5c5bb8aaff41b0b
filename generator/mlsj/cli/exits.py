"""Exit codes, the same for every command."""

OK = 0
FAILED = 1
"""A verdict failed, the spec is wrong, or generated files drifted."""
USAGE = 2
"""The command line itself is wrong; click's own code for it."""
NOT_JUDGED = 3
"""Nothing could be judged: a draft, broken infrastructure, with `--strict` also anything unverified."""
INTERRUPTED = 130
"""Ctrl-C: 128 + SIGINT, as shells report it."""
PIPE_CLOSED = 141
"""Whoever read the output stopped reading: 128 + SIGPIPE, as for any tool in a pipe."""
