"""A report as JSON, complete enough to be read back."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from scripts.command import UnusableInputError
from scripts.comparison.changes import Axis, Change, Comparison, Revision
from scripts.comparison.severity import Direction, Effect, Severity
from scripts.notes import Kind, Note
from scripts.reporting.model import CodeCheck, Finding, Report, Run
from scripts.reporting.words import one_line, sentence, steps, version

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "report.schema.json"
"""What every `report.json` keeps to."""

_HALF = re.compile("[\ud800-\udfff]")


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as JSON's values, as `docs/report.schema.json` describes them.

    Args:
        report: The report.

    Returns:
        The object.
    """
    counts = report.counts
    return {
        "verdict": report.verdict,
        "sentence": sentence(report),
        "bump": report.bump,
        "version": version(report),
        "steps": steps(report),
        "counts": {
            **{severity.value: counts[severity] for severity in Severity},
            "prose": len(report.changes) - sum(counts.values()),
        },
        "axes": list(report.axes),
        "source": report.source,
        "renewed": report.renewed,
        "run": report.run,
        "generated": report.generated,
        "refusals": [asdict(each) for each in report.refusals],
        "contract": [asdict(each) for each in report.contract],
        "remarks": [asdict(each) for each in report.remarks],
        "code": None if report.code is None else _code(report.code),
        "comparison": None if report.comparison is None else _comparison(report.comparison),
    }


def _code(code: CodeCheck) -> dict[str, Any]:
    return {
        "project": code.project,
        "before": code.before,
        "findings": [asdict(each) for each in code.findings],
        "unchecked": [asdict(each) for each in code.unchecked],
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "old": asdict(comparison.old),
        "new": asdict(comparison.new),
        "changes": [each.as_json() for each in comparison.changes],
        "old_repairs": [each.as_json() for each in comparison.old_repairs],
        "new_repairs": [each.as_json() for each in comparison.new_repairs],
        "stale_approvals": list(comparison.stale_approvals),
    }


def written(report: Report) -> bytes:
    """Write a report as the bytes of `report.json`."""
    text = json.dumps(as_json(report), indent=2, ensure_ascii=False, allow_nan=False)
    # JSON has no place for half a surrogate pair, as of a file name that is no UTF-8: it is written out.
    return _HALF.sub(lambda half: f"\\\\u{ord(half[0]):04x}", text).encode() + b"\n"


def read_report(path: Path) -> Report:
    """Read a report that was saved.

    Args:
        path: A `report.json`.

    Returns:
        The report.

    Raises:
        UnusableInputError: The file holds none.
        OSError: The file cannot be read.
    """
    try:
        saved = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UnusableInputError(f"{path} is not JSON, so it is no saved report: {error}.") from error
    validator = jsonschema_rs.validator_for(json.loads(SCHEMA.read_bytes()))
    broken = next(validator.iter_errors(saved), None)
    if broken is not None:
        at = "/".join(["", *map(str, broken.instance_path)]) or "its top"
        raise UnusableInputError(
            f"{path} is no report of this project: at {at}, {one_line(broken.message)}. "
            "`python -m scripts.compare OLD NEW --format json` writes one."
        )
    return _report(saved)


def _report(saved: Mapping[str, Any]) -> Report:
    code, comparison = saved["code"], saved["comparison"]
    return Report(
        None if comparison is None else _comparison_of(comparison),
        refusals=_findings(saved["refusals"]),
        contract=_findings(saved["contract"]),
        remarks=_findings(saved["remarks"]),
        code=None if code is None else _code_of(code),
        axes=tuple(Axis(axis) for axis in saved["axes"]),
        generated=saved["generated"],
        source=saved["source"],
        renewed=saved["renewed"],
        run=Run(saved["run"]),
    )


def _code_of(saved: Mapping[str, Any]) -> CodeCheck:
    return CodeCheck(
        saved["project"], _findings(saved["findings"]), saved["before"], _findings(saved["unchecked"])
    )


def _findings(saved: list[dict[str, Any]]) -> tuple[Finding, ...]:
    return tuple(Finding(**each) for each in saved)


def _comparison_of(saved: Mapping[str, Any]) -> Comparison:
    return Comparison(
        Revision(**saved["old"]),
        Revision(**saved["new"]),
        tuple(_change(each) for each in saved["changes"]),
        _notes(saved["old_repairs"]),
        _notes(saved["new_repairs"]),
        tuple(saved["stale_approvals"]),
    )


def _notes(saved: list[dict[str, str]]) -> tuple[Note, ...]:
    return tuple(Note(each["pointer"], Kind(each["kind"]), each["what"], each["why"]) for each in saved)


def _change(saved: Mapping[str, Any]) -> Change:
    told = {name: value for name, value in saved.items() if name != "fingerprint"}
    effect = saved["effect"]
    return Change(
        **{
            **told,
            "axis": Axis(saved["axis"]),
            "severity": Severity(saved["severity"]),
            "effect": None if effect is None else Effect(effect),
            "directions": tuple(Direction(each) for each in saved["directions"]),
            "operations": tuple(saved["operations"]),
        }
    )
