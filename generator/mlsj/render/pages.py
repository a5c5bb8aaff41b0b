"""Prose pages from Jinja templates: the package's own, which a course may replace or extend.

A page `lesson` is rendered from the course's `templates/pages/lesson.md.j2` or, without one, from the package's
template; the course's may say `{% extends "default/lesson.md.j2" %}`. Course templates are somebody else's code, so
where there are any all templates run in a sandbox, and they see files of the tree only. Whatever `{{ }}` prints is
escaped as plain text unless a filter says what it is (`prose`, `line`, `code`, `fence`, …): a template that forgets a
filter is ugly, never broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mlsj.render import markdown
from mlsj.render.blocks import CLOSE, OPEN, OPENED
from mlsj.render.markdown import Md
from mlsj.spec.diagnostics import Diagnostic, Severity, Span
from mlsj.spec.files import Tree

if TYPE_CHECKING:
    from jinja2.parser import Parser

FOLDER = "templates/pages/"
SUFFIX = ".md.j2"
DEFAULT = "default/"
PACKAGED = Path(__file__).parent / "templates"
_REMEDY = "mend the line; 'mlsj explain' of this code says what a page template may use"
_OBJECT = re.compile(r"'(?:\w+\.)*(\w+) object'")


class Pages:
    """Renders pages by name; what is wrong with a course's template comes back as a diagnostic."""

    def __init__(self, tree: Tree, bytecode_cache: jinja2.BytecodeCache | None = None) -> None:
        """Use the templates of `tree`; `bytecode_cache` keeps compiled ones, and alone may touch a disk."""
        self.own = {path: file.data for path, file in tree.files.items() if path.startswith(FOLDER)}
        # The sandbox asks about every attribute; the package's own templates need no such supervision.
        environment = _Sandbox if self.own else _Environment
        self._environment = environment(_Loader(self.own), bytecode_cache)

    def render(self, page: str, **values: Any) -> str | Diagnostic:
        """Return the text of `page`, with marks and one newline at its end, or what is wrong with its template."""
        try:
            text = self._environment.get_template(page + SUFFIX).render(**values)
        except _UnreadableError as error:
            return error.diagnostic
        except jinja2.TemplateSyntaxError as error:
            if error.filename not in self.own:
                raise  # a template of the package: our bug
            span = Span(str(error.filename), error.lineno or 1)
            return Diagnostic("MLSJ-T090", _said(str(error.message)), span, help=_REMEDY)
        except Exception as error:  # a template can raise anything, and its author needs the line
            place = self._where(error.__traceback__)
            if place is None:
                raise
            what = str(error) if isinstance(error, jinja2.TemplateError) else f"{type(error).__name__}: {error}"
            if isinstance(error, jinja2.TemplateNotFound):
                what = f"there is no template '{error.name}'"
            return Diagnostic("MLSJ-T091", f"this template fails: {_said(what)}", place, help=_REMEDY)
        return text.rstrip("\n") + "\n"

    def unused(self) -> Iterable[Diagnostic]:
        """Yield a diagnostic for each course template that no page used. Call it when all pages are rendered."""
        used = {str(template.filename) for template in self._environment.loaded.values()}
        for path in sorted(set(self.own) - used):
            names = ", ".join(sorted(file.name.removesuffix(SUFFIX) for file in PACKAGED.glob(f"*{SUFFIX}")))
            remedy = f"pages are {names}; another file is used only where one of them includes or extends it"
            yield Diagnostic(
                "MLSJ-T092", f"no page uses the template {path}", Span(path), remedy, severity=Severity.WARNING
            )

    def _where(self, trace: TracebackType | None) -> Span | None:
        """Return the innermost line of a course template in a traceback; Jinja has put template lines there."""
        found = None
        while trace is not None:
            name = trace.tb_frame.f_code.co_filename
            if name in self.own:
                found = Span(name, trace.tb_lineno)
            trace = trace.tb_next
        return found


def _said(message: str) -> str:
    """Return Jinja's message as ours begin and end, without the paths of Python classes."""
    shown = _OBJECT.sub(lambda found: f"a {found[1].lower()}", message).rstrip(".")
    return shown[:1].lower() + shown[1:]


class _UnreadableError(Exception):
    """A course template whose bytes are not a text we can use."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class _Loader(jinja2.BaseLoader):
    """Course templates from the tree before the package's; `default/` names the package's alone."""

    def __init__(self, own: dict[str, bytes]) -> None:
        self.own = own

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, None]:  # noqa: ARG002
        path = FOLDER + template
        if path in self.own:
            return _decode(path, self.own[path]), path, None
        text = _packaged(template.removeprefix(DEFAULT))
        if text is None:
            raise jinja2.TemplateNotFound(template)
        return text, f"{DEFAULT}{template.removeprefix(DEFAULT)}", None


class _Placed(Extension):
    """`{% placed origin %}…{% endplaced %}`: what stands between comes from the spec place `origin`."""

    tags = {"placed"}  # noqa: RUF012 - as Jinja declares it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Put marks around the body, in its place: a macro's call for each would double the time of a page."""
        line = next(parser.stream).lineno
        opening = self.call_method("_opening", [parser.parse_expression()], lineno=line)
        body = parser.parse_statements(("name:endplaced",), drop_needle=True)
        closing = nodes.TemplateData(CLOSE)
        return [nodes.Output([opening], lineno=line), *body, nodes.Output([closing], lineno=line)]

    def _opening(self, origin: str) -> Md:
        return Md(f"{OPEN}{origin}{OPENED}")


class _Environment(jinja2.Environment):
    """Jinja set up for Markdown: strict about what is undefined, escaping by default."""

    # Whatever a template has put together, a macro's or block's result, is printed as it is.
    concat = staticmethod(lambda parts: Md("".join(parts)))

    def __init__(self, loader: _Loader, bytecode_cache: jinja2.BytecodeCache | None) -> None:
        super().__init__(
            loader=loader,
            extensions=[_Placed],
            bytecode_cache=bytecode_cache,
            undefined=jinja2.StrictUndefined,
            finalize=_printed,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            cache_size=-1,
        )
        self.loaded: dict[str, jinja2.Template] = {}
        self.filters.update(
            text=markdown.text, line=markdown.line, prose=markdown.prose, code=markdown.code, fence=markdown.fence,
            inside=markdown.indent, quote=markdown.quote, labelled=markdown.labelled,
        )  # fmt: skip
        self.globals.update(link=markdown.link)

    def _load_template(self, name: str, globals: Any) -> jinja2.Template:  # noqa: A002 - named so in Jinja
        template = super()._load_template(name, globals)
        self.loaded[name] = template
        return template


class _Sandbox(_Environment, ImmutableSandboxedEnvironment):
    """The same for templates of a course."""


def _printed(value: Any) -> str:
    """Return what an expression prints: Markdown as it is, nothing for None, all else as plain text."""
    if type(value) is Md:
        return value
    return "" if value is None else markdown.text(str(value))


def _decode(path: str, data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _UnreadableError(Diagnostic("MLSJ-T093", "this template is not UTF-8", Span(path, line))) from error
    for sign in (OPEN, OPENED, CLOSE):
        if sign in text:
            line = text[: text.index(sign)].count("\n") + 1
            message = f"control character U+{ord(sign):04X} in a template"
            raise _UnreadableError(Diagnostic("MLSJ-T093", message, Span(path, line), help="remove the character"))
    return text


@cache
def _packaged(name: str) -> str | None:
    """Return the text of the package's template `name`: part of the program, as its modules are."""
    if "/" in name or not name.endswith(SUFFIX):
        return None
    path = PACKAGED / name
    return path.read_text(encoding="utf-8") if path.is_file() else None
