"""Kind `process`: a program that keeps running becomes ready, answers, and ends when it is asked to."""

from __future__ import annotations

import re
import shlex
import time
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from mlsj.kinds import base
from mlsj.kinds.base import Context, Finding, Measurement, Program, failed, measured, passed, quoted

LOOKS_AT = ("work",)
DETERMINISTIC = False  # two programs run at once, and time decides what is seen first
_MAX_BODY = 2**20
_LAST_S = 1.0  # for the end of a program that has closed its output


class Exchange(base.Params, frozen=True, forbid_unknown_fields=True):
    """One thing that is said to the program, and the answer: a line of text, or an HTTP request."""

    send: Annotated[str | None, Meta(description="Line that is written to its standard input.")] = None
    line: Annotated[str | None, Meta(description="The next line that it prints, exactly.")] = None
    matches: Annotated[str, Meta(description="Regular expression found in the next line that it prints.")] = ""
    get: Annotated[str, Meta(description="Path that is requested on its port by HTTP, such as /health.")] = ""
    status: Annotated[int, Meta(ge=100, le=599, description="Status of the HTTP answer.")] = 200
    contains: Annotated[str, Meta(description="Text that the HTTP answer holds.")] = ""

    def __post_init__(self) -> None:
        """Refuse an exchange that is neither of lines nor by HTTP, or both."""
        _compiles(self.matches, "matches")
        lines = self.send is not None or self.line is not None or bool(self.matches)
        if lines == bool(self.get):
            raise ValueError("give 'get', or some of 'send', 'line' and 'matches'")
        if self.get and not re.fullmatch(r"/[!-~]*", self.get):
            raise ValueError("'get' must be a path such as /health, without spaces")
        if not self.get and (self.contains or self.status != 200):
            raise ValueError("'status' and 'contains' belong to 'get'")
        if self.line is not None and self.matches:
            raise ValueError("give 'line' or 'matches', not both")


class Params(base.Params, frozen=True, forbid_unknown_fields=True):
    """Parameters of `process`."""

    run: Annotated[
        list[str],
        Meta(
            min_length=1,
            description="The program and its arguments; {port} in them stands for a free port of the judge's choice.",
        ),
    ]
    ready_line: Annotated[
        str, Meta(description="Regular expression found in a line that it prints when it is ready.")
    ] = ""
    ready_port: Annotated[bool, Meta(description="Whether it is ready when its port answers.")] = False
    ready_s: Annotated[float, Meta(gt=0, le=600, description="Seconds that it may take to be ready.")] = 10.0
    talk: Annotated[list[Exchange], Meta(description="What is said to it, in order.")] = msgspec.field(
        default_factory=list
    )
    answer_s: Annotated[float, Meta(gt=0, le=600, description="Seconds that an answer may take.")] = 5.0
    exit: Annotated[
        int, Meta(ge=-64, le=255, description="Exit code after SIGTERM; -15 when the signal itself may end it.")
    ] = 0
    stop_s: Annotated[float, Meta(gt=0, le=600, description="Seconds that it may take to end after SIGTERM.")] = 10.0

    def __post_init__(self) -> None:
        """Refuse an expression that does not compile, and a port that is used and never given."""
        _compiles(self.ready_line, "ready_line")
        if self.needs_port and not any("{port}" in part for part in self.run):
            raise ValueError("'run' must say {port}, the port that is asked")

    @property
    def needs_port(self) -> bool:
        """Whether the judge connects to a port."""
        return self.ready_port or any(exchange.get for exchange in self.talk)


def needs_network(params: Params) -> bool:
    """Programs without the host's network have a loopback of their own, where the judge cannot reach them."""
    return params.needs_port


def _compiles(pattern: str, name: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"'{name}' is not a regular expression: {error}") from None


def judge(params: Params, context: Context) -> Finding:
    """Start it, wait, talk, and ask it to end."""
    port = _free_port() if any("{port}" in part for part in params.run) else 0
    argv = [part.replace("{port}", str(port)) for part in params.run]
    command = shlex.join(part.replace("{port}", "PORT") for part in params.run)
    with context.start(argv) as program:
        return _Session(params, program, port, command).judge()


class _Session:
    """One run of the program."""

    def __init__(self, params: Params, program: Program, port: int, command: str) -> None:
        self.params, self.program, self.port, self.command = params, program, port, command
        self.printed: list[str] = []
        self.closed = False

    def judge(self) -> Finding:
        began = time.monotonic()
        finding = self._ready()
        took = measured("time to be ready", [time.monotonic() - began], "s")
        finding = finding or next(self._wrong_answers(), None)
        return finding or self._stopped(took)

    def _ready(self) -> Finding | None:
        until = time.monotonic() + self.params.ready_s
        if self.params.ready_line:
            want = f"a line that matches {self.params.ready_line}"
            while True:
                line = self._line(until - time.monotonic())
                if line is None:
                    return self._silent("did not become ready", f"{want} within {self.params.ready_s:g} s")
                if re.search(self.params.ready_line, line):
                    break
        if self.params.ready_port:
            while not _answers(self.port):
                if not self.program.running or time.monotonic() > until:
                    want = f"its port answers within {self.params.ready_s:g} s"
                    return self._silent("did not open its port", want)
                time.sleep(0.01)
        return None

    def _wrong_answers(self) -> Iterator[Finding]:
        for number, exchange in enumerate(self.params.talk, 1):
            finding = self._http(exchange) if exchange.get else self._lines(exchange)
            if finding is not None:
                where = f"{self.command} (exchange {number} of {len(self.params.talk)})"
                yield msgspec.structs.replace(finding, where=where)

    def _lines(self, exchange: Exchange) -> Finding | None:
        asked = f" to {quoted(exchange.send, 80)!r}" if exchange.send is not None else ""
        if exchange.send is not None and not self.program.send(f"{exchange.send}\n"):
            return self._silent("reads no more", f"it reads {exchange.send!r}")
        if exchange.line is None and not exchange.matches:
            return None
        want = exchange.line if exchange.line is not None else f"a line that matches {exchange.matches}"
        got = self._line(self.params.answer_s)
        if got is None:
            return self._silent(f"did not answer{asked}", f"{want} within {self.params.answer_s:g} s")
        if got != exchange.line if exchange.line is not None else not re.search(exchange.matches, got):
            step = "flush what you print" if not got else "compare the two lines"
            return self._wrong(f"gave another answer{asked}", want, quoted(got, 200) or "an empty line", step)
        return None

    def _http(self, exchange: Exchange) -> Finding | None:
        import http.client

        request = f"GET {exchange.get}"
        # Never through a proxy, never followed elsewhere: the program itself has to answer.
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.params.answer_s)
        try:
            connection.request("GET", exchange.get)
            answer = connection.getresponse()
            status, body = answer.status, answer.read(_MAX_BODY).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            got = f"{type(error).__name__}: {error}"
            want = f"status {exchange.status} within {self.params.answer_s:g} s"
            return self._wrong(f"did not answer {request}", want, got, f"ask it yourself: {self._curl(exchange)}")
        finally:
            connection.close()
        if status != exchange.status:
            got = f"status {status}: {quoted(body, 200) or 'an empty body'}"
            message = f"answered {request} with status {status}"
            return self._wrong(message, f"status {exchange.status}", got, f"ask it yourself: {self._curl(exchange)}")
        if exchange.contains not in body:
            got = quoted(body, 200) or "an empty body"
            step = f"ask it yourself: {self._curl(exchange)}"
            return self._wrong(f"answered {request} without a text", exchange.contains, got, step)
        return None

    def _stopped(self, took: Measurement) -> Finding:
        if not self.program.running:
            return self._silent("ended by itself", "it runs until it is asked to end")
        began = time.monotonic()
        ran = self.program.stop(self.params.stop_s)
        seconds = measured("time to end", [time.monotonic() - began], "s")
        want = f"exit code {self.params.exit} within {self.params.stop_s:g} s of SIGTERM"
        if ran.exit_code is None or ran.stopped:
            step = "handle SIGTERM: finish what is under way and leave"
            return self._wrong("did not end when it was asked to", want, "still running; it was killed", step)
        if ran.exit_code != self.params.exit:
            code = ran.exit_code
            how = f"exit code {code}" if code >= 0 else f"signal {-code}"
            step = "handle SIGTERM: leave with the right exit code"
            return self._wrong(f"ended with {how} after SIGTERM", want, ran.ending, step)
        talked = f", gave {len(self.params.talk)} right answers" if self.params.talk else ""
        return passed(f"{self.command} became ready{talked} and ended with {self.params.exit}", took, seconds)

    def _line(self, timeout_s: float) -> str | None:
        """Return its next line; None when none comes in time, or it has ended."""
        try:
            line = self.program.line(max(timeout_s, 0.0))
        except TimeoutError:
            return None
        if line is None:
            self.closed = True
        else:
            self.printed.append(line)
        return line

    def _silent(self, message: str, expected: str) -> Finding:
        """Return a fail for a program that says nothing: because it has ended, or though it runs."""
        ran = self.program.wait(_LAST_S) if self.closed or not self.program.running else None
        if ran is None or ran.timed_out:
            said = quoted("\n".join(self.printed[-5:]), 200)
            got = f"it runs, having printed:\n{said}" if said else "it runs and has printed nothing"
            step = f"run it yourself: {self.command}; is what it prints flushed?"
            return self._wrong(message, expected, got, step)
        return self._wrong(f"{message}: it has ended", expected, ran.ending, f"run it yourself: {self.command}")

    def _wrong(self, message: str, expected: str, got: str, next_step: str) -> Finding:
        text = f"{self.command} {message}"
        return failed(text, expected=expected, got=got, where=self.command, next_step=next_step)

    def _curl(self, exchange: Exchange) -> str:
        return f"curl -i http://127.0.0.1:PORT{exchange.get}"


def _free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    import socket

    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True
