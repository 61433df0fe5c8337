"""The page docs/comparison.md: what was counted and timed, and the reasons."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from scripts.comparison.severity import Severity


@dataclass
class Tally:
    """What came of a group of pairs.

    Attributes:
        pairs: How many pairs oasdiff reads.
        refused: How many it does not.
        findings: Its breaking findings and warnings.
        answered: Those with a row at least as severe.
        milder: Those with a written reason, by reason.
        missing: Those with neither.
        rows: Our rows on the wire, by severity.
        harsher: Our breaking rows that it does not call so, by reason.
        unexplained: Those without a reason.
    """

    pairs: int = 0
    refused: int = 0
    findings: int = 0
    answered: int = 0
    milder: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    rows: Counter[Severity] = field(default_factory=Counter)
    harsher: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)


HEAD = """# What a change of the specification breaks, and how that is known

    .venv/bin/python -m scripts.compare OLD NEW --format markdown

Two documents are compared on the wire: what a client sends, and what it receives. How much a change weighs is
what it does to what is allowed, times the direction it travels in, times what guards it:

| the change | in what the client sends | in what the client receives |
|---|---|---|
| narrows what is allowed | breaking | harmless |
| widens it | harmless | breaking |
| exchanges it | breaking | breaking |
| does something that cannot be weighed | warning | warning |
| does nothing to it | harmless | harmless |

`readOnly` takes a property out of requests, `writeOnly` out of responses. A response that is no success, and
a removal that a deprecation announced, weigh one step less. What is negotiated (a status, a media type, a
required header) counts as sent. A milder verdict owes a proof; a harsher one only a reason.

`tests/scripts/test_law.py` holds every line of this against hand-made documents, at every place, there and
back, and against a JSON Schema validator with documents made by chance. This page holds it against oasdiff,
the most trusted checker. `make bench-compare` writes it.
"""


def table(groups: dict[str, Tally]) -> list[str]:
    """Write the counts."""
    lines = [
        "| pairs | read there | findings | row here | reason | neither | breaking here | reason | no |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, tally in groups.items():
        cells: list[Any] = [
            f"{tally.pairs} of {tally.pairs + tally.refused}", tally.findings, tally.answered,
            tally.milder.total(), len(tally.missing), tally.rows[Severity.BREAKING], tally.harsher.total(),
            len(tally.unexplained),
        ]  # fmt: skip
        lines.append(f"| {name} | {' | '.join(map(str, cells))} |")
    return lines


def listed(title: str, counts: Counter[str]) -> list[str]:
    """Write a list of reasons."""
    reasons = [f"- {reason} ({count})" for reason, count in sorted(counts.items())]
    return ["", f"## {title}", "", *(reasons or ["None."])]


def page(groups: dict[str, Tally], whole: list[str], taken: list[str], measured_with: str) -> str:
    """Write the page."""
    milder = sum((tally.milder for tally in groups.values()), Counter[str]())
    harsher = sum((tally.harsher for tally in groups.values()), Counter[str]())
    missing = [f"- {one}" for tally in groups.values() for one in tally.missing]
    unexplained = [f"- {one}" for tally in groups.values() for one in tally.unexplained]
    lines = [
        HEAD,
        "## Side by side with oasdiff",
        "",
        "Its breaking findings and its warnings: each has to have a row here that weighs at least as much,",
        "or a written reason. And each row that is breaking here and not there has to have one.",
        "",
        *table(groups),
        *listed("What weighs less here", milder),
        *(["", "Without a reason:", "", *missing] if missing else []),
        *listed("What weighs more here", harsher),
        *(["", "Without a reason:", "", *unexplained] if unexplained else []),
        "", "## Whole specifications", "", *whole,
        "", "## Time", "", f"Whole processes, side by side. {measured_with}", "", *taken, "",
    ]  # fmt: skip
    return "\n".join(lines)
