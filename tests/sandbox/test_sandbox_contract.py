"""The sandbox held against the OpenAPI document by schemathesis: examples, coverage and fuzzing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from voucherify_wrapper.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.unmeasured

DOCUMENT = Path(__file__).resolve().parents[2] / "openapi" / "vouchers.json"
RELEASING = "/v1/vouchers/{code}/sessions/{sessionKey}"  # the document may have operations beside it
EXAMPLES = 60


@pytest.fixture(autouse=True)
def _directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a proxy of the machine's out of the way to the sandbox."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def violations(sandbox: Sandbox, headers: Mapping[str, str], **checks: object) -> list[str]:
    """Run all checks and return what they found."""
    import schemathesis  # noqa: PLC0415 - takes seconds, and every worker collects all tests
    from schemathesis.config import SchemathesisConfig  # noqa: PLC0415 - as above
    from schemathesis.engine import events, from_schema  # noqa: PLC0415 - as above

    config: dict[str, Any] = {
        "base-url": sandbox.base_url,
        "headers": dict(headers),
        "generation": {"max-examples": EXAMPLES, "mode": "all"},
        "seed": 1,
        "checks": checks,
    }
    schema = schemathesis.openapi.from_path(DOCUMENT, config=SchemathesisConfig.from_dict(config))
    found = []
    for event in from_schema(schema.include(method="DELETE", path=RELEASING)).execute():
        if isinstance(event, events.ScenarioFinished):
            nodes = [node for nodes in event.recorder.checks.values() for node in nodes]
            assert nodes, "a phase without a check proves nothing"
            found += [str(node.failure_info.failure) for node in nodes if node.failure_info is not None]
        if isinstance(event, events.NonFatalError | events.FatalError):
            found.append(repr(event))
    return found


def test_no_check_fails_with_credentials() -> None:
    """With credentials every answer, wanted or not, is as the document says; the example is even released."""
    example = ("2CpRCE2c", "ssn_yQGMTeKBSw8OOuFPwlBEjzGy8d8VA9Ts")
    with Sandbox() as sandbox:
        sandbox.lock(*example)
        headers = {"X-App-Id": sandbox.app_id, "X-App-Token": sandbox.app_token}
        assert violations(sandbox, headers) == []
        assert len(sandbox.requests) > EXAMPLES
        assert sandbox.released == [example]


def test_the_401_is_all_that_the_document_leaves_out() -> None:
    """Without credentials the one finding is that the document does not mention the 401."""
    with Sandbox() as sandbox:
        found = violations(sandbox, {})
        assert found
        assert all("Received: 401" in finding for finding in found)
        assert violations(sandbox, {}, status_code_conformance={"enabled": False}) == []
