"""Print what today's knowledge says of decisions that were signed earlier: the table of «how it decides».

.venv/bin/python docs/replayed.py [--all]

The decisions are those of the demonstration, signed by the version that asked five questions. --all prints every
difference.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from unwound import derive, pathway
from unwound.candidacy import PRECEDENCE
from unwound.patient import Patient
from unwound.report import differences
from unwound.report.as_json import as_json

SIGNED = Path(__file__).parents[1] / "tests" / "clinic" / "treatment" / "signed_on_five_questions.json.gz"
Json = dict[str, Any]


def signed() -> list[Json]:
    """The signed decisions: what was known, what was shown, what was advised."""
    stored: list[Json] = json.loads(gzip.decompress(SIGNED.read_bytes()))
    return stored


def again(decision: Json) -> Json:
    """The review of the same record by today's library, as JSON."""
    review = pathway.review(derive.stated_today(Patient.model_validate_json(json.dumps(decision["known"]))))
    computed: Json = json.loads(json.dumps(as_json(review, ())))
    return computed


def table() -> Iterator[str]:
    """A line for each decision: the advice then and now, how many differences, and the questions that moved."""
    yield "| Patient | Advice then | Advice now | Differences | Questions whose answer changed |"
    questions = [question.text for question in PRECEDENCE]
    yield "| --- | --- | --- | --- | --- |"
    for decision in signed():
        now = again(decision)
        parts = differences.parts(decision["shown"], now)
        why = next((part.lines for part in parts if part.title == "What made it so"), ())
        asked = [str(number) for number, text in enumerate(questions, 1) if any(f"«{text}»" in line for line in why)]
        count = sum(len(part.lines) for part in parts)
        name, advice = decision["known"]["name"].removeprefix("Testcase "), now["candidacy"]["verdict"]
        yield f"| {name} | {decision['advised']} | {advice} | {count} | {', '.join(asked) or 'none'} |"


def main(arguments: list[str]) -> int:
    """Print the table, and with --all every difference."""
    print("\n".join(table()))
    if "--all" in arguments:
        for decision in signed():
            print(f"\n{decision['known']['name']}")
            for part in differences.parts(decision["shown"], again(decision)):
                print(f"  {part.title}", *(f"    {line}" for line in part.lines), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
