"""A report as JUnit XML, for CI systems that show test results."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from mlsj.kinds.base import Verdict
from mlsj.verify.report import Report

# Characters that XML 1.0 cannot hold: https://www.w3.org/TR/xml/#charsets
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> bytes:
    """Return the document. What is blocked counts as a failure, what is unverified as skipped, never as passed."""
    verdicts = [result.verdict for result in report.results]
    suite = ET.Element(
        "testsuite",
        name=f"mlsj check {report.lesson}",
        tests=str(len(verdicts)),
        failures=str(sum(v in (Verdict.FAIL, Verdict.BLOCKED) for v in verdicts)),
        errors=str(sum(v is Verdict.ERROR for v in verdicts)),
        skipped=str(sum(v is Verdict.UNVERIFIED for v in verdicts)),
        time=f"{sum(result.duration_s for result in report.results):.3f}",
    )
    for result in report.results:
        case = ET.SubElement(
            suite, "testcase", classname=f"lesson.{report.lesson}", name=result.id, time=f"{result.duration_s:.3f}"
        )
        finding = result.finding
        told = {"message": _clean(finding.message), "type": result.verdict.value}
        if result.verdict in (Verdict.FAIL, Verdict.BLOCKED):
            ET.SubElement(case, "failure", told).text = _clean(
                "\n".join(
                    f"{name}: {text}"
                    for name, text in (
                        ("expected", finding.expected),
                        ("got", finding.got),
                        ("where", finding.where),
                        ("next", finding.next_step),
                    )
                    if text
                )
            )
        elif result.verdict is Verdict.ERROR:
            ET.SubElement(case, "error", told).text = f"phase {finding.phase}"
        elif result.verdict is Verdict.UNVERIFIED:
            ET.SubElement(case, "skipped", {"message": told["message"]})
        notes = [f"measured: {each.text}" for each in finding.measurements]
        if result.judged:
            notes.append(f"judged {result.judged} with seed {result.seed}")
        if notes:
            ET.SubElement(case, "system-out").text = _clean("\n".join(notes))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
