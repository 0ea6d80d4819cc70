"""The commands of the audit log and of what was signed: verify-audit, export-audit-head, replay-decisions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from unwound.record import UnwoundError
from unwound_clinic.commands.clinic import folder, set_up


@click.command("verify-audit")
@folder()
@click.option(
    "--heads",
    "heads_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A file of heads that were exported earlier, one a line.",
)
def verify_audit(data: Path, heads_file: Path | None) -> int:
    """Verify the chain of audit events: exit code 1 with the first faulty event when it is broken."""
    set_up(data, look=True)
    from unwound_clinic.core import audit, heads

    checked = audit.check([*heads.kept(), *(_heads(heads_file) if heads_file else ())])
    if checked.fault:
        click.echo(f"the audit chain is broken: event {checked.fault.number} {checked.fault.what}")
        return 1
    click.echo(f"the audit chain is intact: {checked.head.number} events")
    return 0


@click.command("export-audit-head")
@folder()
def export_audit_head(data: Path) -> None:
    """Print the head of the chain as a line, to be kept or signed elsewhere."""
    set_up(data, look=True)
    from unwound_clinic.core import audit

    head = audit.head()
    click.echo(json.dumps({"number": head.number, "digest": head.digest}))


@click.command("replay-decisions")
@folder()
def replay_decisions(data: Path) -> int:
    """Recompute every signed decision with today's knowledge: exit code 1 when one differs."""
    set_up(data)
    from unwound_clinic.core import access
    from unwound_clinic.models import Decision
    from unwound_clinic.record import review
    from unwound_clinic.treatment.actions import decisions

    by, changed, count = access.Program("replay at the terminal"), 0, 0
    for decision in Decision.objects.select_related("patient").order_by("pk").iterator(chunk_size=100):
        again = review.recompute(decision)
        number = 1 if again.unreadable else len(again.differences)
        decisions.replayed(by=by, decision=decision, differences=number)
        count, changed = count + 1, changed + bool(number)
        for line in _replayed_in_words(decision, again, number):
            click.echo(line)
    click.echo(f"{count} decision{'' if count == 1 else 's'} recomputed, {changed} with a difference")
    return 1 if changed else 0


def _replayed_in_words(decision: Any, again: Any, number: int) -> Iterator[str]:
    """One recomputed decision: both sides in a line, then every difference by subject."""
    result = f"{number} difference{'s' if number > 1 else ''}" if number else "no difference"
    knowledge = "the same knowledge" if again.same_knowledge else ", ".join(again.other)
    yield f"decision {decision.pk} of patient {decision.patient_id}, {decision.decided}: {result} ({knowledge})"
    if again.unreadable:
        yield f"  cannot be recomputed: {again.unreadable}"
    elif number:
        for when, side in (("then:", decision), ("now: ", again)):
            advised, knowledge = side.advised or "nothing", side.data_fingerprint[:12]
            own = f", own knowledge {side.own_fingerprint[:12]}" if side.own_fingerprint else ""
            yield f"  {when} advised {advised}, version {side.version}, knowledge {knowledge}{own}"
    for part in again.parts:
        yield f"  {part.title}"
        yield from (f"    {line}" for line in part.lines)
    if again.restored_by:
        yield "  The earlier advice would be given again with"
        yield from (f"    {'; '.join(answers)}" for answers in again.restored_by)


def _heads(file: Path) -> list[Any]:
    from unwound_clinic.core.audit import Head

    heads = []
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if line.strip():
            try:
                fields = json.loads(line)
                heads.append(Head(int(fields["number"]), str(fields["digest"])))
            except (ValueError, KeyError, TypeError):
                raise UnwoundError(
                    f"{file}, line {number}: not an audit head as `unwound export-audit-head` prints it"
                ) from None
    return heads
