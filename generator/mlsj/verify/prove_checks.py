"""What must hold for a lesson to be proved: a table of checks, each a pure function from what was seen to problems.

Where a judge is broken, or a variant cannot be made, that is said once, and no other check looks at that judging.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from mlsj.kinds.base import Finding, Verdict, quoted
from mlsj.spec.model import Mistake
from mlsj.verify.prove_seen import SOLUTION, STUB, Judging, Problem, Seen, listed, replay
from mlsj.verify.report import Result

Check = Callable[[Seen], Iterator[Problem]]
# Kinds that reject what a learner begins with, an absent file or an empty form: there the stub is mistake enough.
_SHOWN_BY_STUB = ("file", "note")
# Phases that say of an error that the machine, not the course, is at fault.
_MACHINE = ("environment", "services")


def problems(seen: Seen) -> tuple[Problem, ...]:
    """Return everything that keeps the lesson from being proved, in the order of the table."""
    return tuple(problem for check in CHECKS for problem in check(seen))


def environment(seen: Seen) -> Iterator[Problem]:
    """The lesson's environment can be made."""
    if seen.environment:
        yield Problem(
            "environment-missing",
            f"the environment '{seen.lesson.environment}' cannot be made",
            expected="the packages that its programs need",
            seen=seen.environment,
            mend="see that the network and the lock are there, then prove it again",
            of="machine",
        )


def variants_made(seen: Seen) -> Iterator[Problem]:
    """Every variant can be made from the sources."""
    reasons: dict[str, list[str]] = {}
    for judging in seen.judgings:
        if judging.problem and judging.variant not in reasons.setdefault(judging.problem, []):
            reasons[judging.problem].append(judging.variant)
    for reason, variants in reasons.items():
        yield Problem(
            "variant-not-made",
            f"{', '.join(variants)}: cannot be made",
            expected="a work directory",
            seen=reason,
            mend="mend the variant's prepare script",
            variants=tuple(variants),
        )


def judges_work(seen: Seen) -> Iterator[Problem]:
    """No criterion ends in an error, whatever it is given."""
    groups: dict[tuple[str, str, str], list[tuple[Judging, Result]]] = {}
    for judging in seen.judgings:
        for result in judging.results:
            # When a judge takes the judging process with it, the criteria after it only say that they were not reached.
            if result.verdict is Verdict.ERROR and not result.finding.message.startswith("not reached"):
                key = (result.id, result.finding.phase, result.finding.message)
                groups.setdefault(key, []).append((judging, result))
    for (criterion, phase, message), found in groups.items():
        judging, result = found[0]
        variants = tuple(dict.fromkeys(each.variant for each, _ in found))
        machine = phase in _MACHINE
        trace = "\n" + "\n".join(result.trace.strip().splitlines()[-4:]) if result.trace else ""
        yield Problem(
            "machine-fails" if machine else "judge-broken",
            f"{criterion}: error for {', '.join(variants)} (phase {phase})",
            expected="a verdict",
            seen=message + trace,
            mend="mend this machine"
            if machine
            else "mend the judge: whatever a learner writes, it has to give a verdict",
            variants=variants,
            criteria=(criterion,),
            replay=replay(seen.lesson, judging),
            of="machine" if machine else "course",
        )


def core_is_judged(seen: Seen) -> Iterator[Problem]:
    """Every core criterion is judged here: core means on every machine."""
    for criterion in seen.lesson.criteria:
        reason = seen.hidden.get(criterion.id)
        if criterion.core and reason:
            yield Problem(
                "core-not-judged",
                f"{criterion.id}: core, and not judged on this machine",
                expected="a verdict on every machine",
                seen=reason,
                mend="install what is missing; what only some machines can show is not core",
                variants=(SOLUTION,),
                criteria=(criterion.id,),
                of="machine",
            )


def reference_passes(seen: Seen) -> Iterator[Problem]:
    """The reference passes every criterion that this machine can show, in every round."""
    rounds = [judging for judging in seen.of(SOLUTION) if judging.fit]
    for criterion in seen.lesson.criteria:
        found = [(judging, result) for judging in rounds for result in judging.results if result.id == criterion.id]
        wrong = [(judging, result) for judging, result in found if result.verdict is Verdict.FAIL]
        unshown = [(judging, result) for judging, result in found if result.verdict is Verdict.UNVERIFIED]
        passes = sum(result.verdict is Verdict.PASS for _, result in found)
        if not wrong and (not unshown or not passes):
            continue
        judging, result = (wrong or unshown)[0]
        flaky = bool(passes)
        counts = f"passed {passes} of {len(found)}"
        yield Problem(
            "reference-flaky" if flaky else "reference-fails",
            f"{criterion.id}: the reference {counts}" if len(found) > 1 else f"{criterion.id}: the reference fails",
            expected="a pass in every round",
            seen=_said(result.finding),
            mend="replay the round: the reference is right for some inputs only, or the judge says what it cannot know"
            if flaky
            else "mend the reference or the judge",
            variants=(SOLUTION,),
            criteria=(criterion.id,),
            replay=replay(seen.lesson, judging),
        )


def stub_fails(seen: Seen) -> Iterator[Problem]:
    """What a learner starts from fails something."""
    for judging in seen.of(STUB):
        if judging.fit and not judging.failing:
            yield Problem(
                "stub-passes",
                "stub: fails nothing",
                expected="at least one fail",
                seen=f"pass: {listed(judging.those(Verdict.PASS), seen.lesson.criteria)}",
                mend="leave out of the stub what the lesson teaches, or sharpen the judge",
                variants=(STUB,),
                replay=replay(seen.lesson, judging),
            )
            return


def stub_ends(seen: Seen) -> Iterator[Problem]:
    """What a learner starts from ends by itself."""
    hangs = {r.id: (j, r.finding) for j in seen.of(STUB) for r in j.results if r.finding.timed_out}
    for criterion, (judging, finding) in hangs.items():
        yield Problem(
            "stub-never-ends",
            f"stub: does not end by itself ({criterion})",
            expected="a program that ends, so that a learner's first check is quick",
            seen=_said(finding),
            mend="make the stub end, with a message that says what is to be written",
            variants=(STUB,),
            criteria=(criterion,),
            replay=replay(seen.lesson, judging),
        )


def stub_builds(seen: Seen) -> Iterator[Problem]:
    """What a learner starts from builds."""
    for judging in seen.of(STUB)[:1]:
        for result in judging.results:
            finding = result.finding
            if finding.verdict is Verdict.FAIL and finding.phase == "build" and not finding.timed_out:
                yield Problem(
                    "stub-does-not-build",
                    f"stub: does not build ({result.id})",
                    expected="a program that builds",
                    seen=_said(finding),
                    mend="make the stub build",
                    variants=(STUB,),
                    criteria=(result.id,),
                    replay=replay(seen.lesson, judging),
                )


def mistakes_fail_as_declared(seen: Seen) -> Iterator[Problem]:
    """Each mistake fails exactly the criteria it names; what needs those may be blocked, everything else passes."""
    order = seen.lesson.criteria
    for mistake in seen.lesson.mistakes:
        declared = frozenset(mistake.fails) - set(seen.hidden)
        rounds = [judging for judging in seen.of(mistake.id) if judging.fit]
        wrong = [judging for judging in rounds if judging.failing != declared]
        if not declared or not wrong:
            continue
        first, right = wrong[0], len(rounds) - len(wrong)
        patterns = Counter(listed(judging.failing, order) for judging in wrong)
        fails = " or ".join(patterns)
        missing, extra = declared - first.failing, first.failing - declared
        notes = [
            f"{listed(missing & first.those(verdict), order)} {verdict.value}"
            for verdict in Verdict
            if missing & first.those(verdict)
        ]
        if right:
            says = f"mistake {mistake.id}: as declared in {right} of {len(rounds)} rounds, else fails {fails}"
        else:
            says = f"mistake {mistake.id}: fails {fails}, declared {listed(declared, order)}"
        mend = ["replay the round: a verdict that depends on the seed is none"] if right else []
        if missing & first.those(Verdict.BLOCKED):
            mend.append("declare only what fails: what is blocked was not judged")
        elif missing:
            mend.append("sharpen the judge: what accepts this mistake accepts it from a learner")
        elif extra and not right:
            mend.append("let the mistake differ from the reference in one thing, or declare what it breaks as well")
        yield Problem(
            "mistake-flaky" if right else "mistake-accepted" if not first.failing else "mistake-fails-other",
            says,
            expected=f"a fail of {listed(declared, order)} and of nothing else, in every round",
            seen="; ".join([f"fails {fails}", *notes, *_unexpected(first, extra)]),
            mend="; ".join(mend),
            variants=(mistake.id,),
            criteria=tuple(criterion.id for criterion in order if criterion.id in missing | extra),
            replay=replay(seen.lesson, first),
        )


def mistakes_are_told(seen: Seen) -> Iterator[Problem]:
    """Each mistake is told the message it declares, by one of the criteria it names."""
    for mistake in seen.lesson.mistakes:
        for judging in seen.of(mistake.id):
            said = judging.messages(mistake.fails)
            elsewhere = set(mistake.fails) & set(seen.hidden)
            if judging.fit and said and not elsewhere and not any(mistake.message in text for text in said):
                yield Problem(
                    "message-missing",
                    f"mistake {mistake.id}: is not told '{mistake.message}'",
                    expected=f"a message with '{mistake.message}'",
                    seen="\n".join(said),
                    mend="let the judge say what is wrong in these words, or declare what it says",
                    variants=(mistake.id,),
                    criteria=tuple(mistake.fails),
                    replay=replay(seen.lesson, judging),
                )
                break


def messages_are_their_own(seen: Seen) -> Iterator[Problem]:
    """No other variant is told a mistake's message, unless it declares the same: a message says which mistake it is."""
    for mistake in seen.lesson.mistakes:
        same = {each.id for each in seen.lesson.mistakes if each.message == mistake.message}
        tellers: dict[str, tuple[str, Judging]] = {}
        for judging in seen.judgings:
            if judging.variant == SOLUTION or judging.variant in same or not judging.fit:
                continue
            for result in judging.results:
                if result.verdict is Verdict.FAIL and mistake.message in result.finding.message:
                    tellers.setdefault(judging.variant, (result.id, judging))
        if tellers:
            _, example = next(iter(tellers.values()))
            others = ", ".join(f"{variant} ({criterion})" for variant, (criterion, _) in tellers.items())
            yield Problem(
                "message-not-its-own",
                f"mistake {mistake.id}: its message '{mistake.message}' is told to {others}, too",
                expected="a message that no other variant gets",
                seen="\n".join(dict.fromkeys(_containing(mistake, [example]))),
                mend="let the judge tell them apart, or declare the same message for mistakes that look the same",
                variants=(mistake.id, *tellers),
                criteria=tuple(dict.fromkeys(criterion for criterion, _ in tellers.values())),
                replay=replay(seen.lesson, example),
            )


def criteria_can_fail(seen: Seen) -> Iterator[Problem]:
    """Each criterion that this machine can judge fails for at least one mistake."""
    mistakes = {mistake.id for mistake in seen.lesson.mistakes}
    unfit = [judging for judging in seen.judgings if not judging.fit]
    broken = {name for judging in unfit for name in judging.those(Verdict.ERROR, Verdict.BLOCKED)}
    unmade = {judging.variant for judging in unfit if judging.problem}
    broken |= {name for mistake in seen.lesson.mistakes if mistake.id in unmade for name in mistake.fails}
    for criterion in seen.lesson.criteria:
        if not seen.judgings or criterion.id in seen.hidden or criterion.id in broken:
            continue
        by_stub = criterion.uses in _SHOWN_BY_STUB
        serving = [j for j in seen.judgings if j.variant in mistakes or (by_stub and j.variant == STUB)]
        if not any(criterion.id in judging.failing for judging in serving):
            yield Problem(
                "criterion-never-fails",
                f"{criterion.id}: no mistake{' and no stub' if by_stub else ''} fails it",
                expected="a fail for at least one mistake",
                seen=f"{len(mistakes)} mistakes, none of which it rejects",
                mend=f"write a mistake that only '{criterion.id}' rejects: what was never seen to fail may accept all",
                criteria=(criterion.id,),
            )


def adversaries_fail(seen: Seen) -> Iterator[Problem]:
    """Numeric criteria reject results that no program computed: zeros, a constant, the input, less precision."""
    for each in seen.adversaries:
        if each.finding.verdict is Verdict.ERROR:
            yield Problem(
                "judge-broken",
                f"{each.criterion}: error for automatic adversaries (phase {each.finding.phase})",
                expected="a fail for results that no program computed",
                seen=each.finding.message,
                mend="mend the judge's cases and truth",
                criteria=(each.criterion,),
            )
        elif each.finding.verdict is not Verdict.FAIL and each.criterion not in seen.hidden:
            yield Problem(
                "adversary-accepted",
                f"{each.criterion}: does not reject {each.name}",
                expected=f"a fail for {each.name}",
                seen=_said(each.finding),
                mend="tighten the tolerance, or choose inputs whose results differ more",
                criteria=(each.criterion,),
            )


def quickstart_works(seen: Seen) -> Iterator[Problem]:
    """The quick-start's lines end well on the reference, in order."""
    tried = seen.quickstart
    if tried is None or tried.failed is None:
        return
    shown = tried.failed.text.splitlines()[0]
    yield Problem(
        "quickstart-never-ends" if tried.timed_out else "quickstart-fails",
        f"quick-start line {tried.failed.line}: {quoted(shown, 100)}",
        expected="exit status 0",
        seen=tried.how + (f"; the end of the output:\n{tried.output}" if tried.output else "; no output"),
        mend="mend the line: a learner types it as it stands, from the course's folder",
    )


CHECKS: tuple[Check, ...] = (
    environment,
    variants_made,
    judges_work,
    core_is_judged,
    reference_passes,
    stub_builds,
    stub_ends,
    stub_fails,
    mistakes_fail_as_declared,
    mistakes_are_told,
    messages_are_their_own,
    criteria_can_fail,
    adversaries_fail,
    quickstart_works,
)


def _said(finding: Finding) -> str:
    """Return a finding as an author reads it: the message, and what was expected and got."""
    lines = [f"{finding.verdict.value}: {finding.message}"]
    if finding.expected:
        lines.append(f"expected {quoted(finding.expected)}; got {quoted(finding.got)}")
    return "\n".join(lines)


def _unexpected(judging: Judging, extra: frozenset[str]) -> list[str]:
    return [f"{r.id} says: {quoted(r.finding.message, 200)}" for r in judging.results if r.id in extra]


def _containing(mistake: Mistake, judgings: list[Judging]) -> Iterator[str]:
    for judging in judgings:
        for result in judging.results:
            if result.verdict is Verdict.FAIL and mistake.message in result.finding.message:
                yield f"{judging.variant}: {result.finding.message}"
