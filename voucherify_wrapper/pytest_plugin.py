"""The sandbox as a pytest fixture; pytest finds this plugin once the extra ``sandbox`` is installed.

::

    def test_checkout(voucherify_sandbox):
        key = voucherify_sandbox.lock("2CpRCE2c")
        ...  # a client of voucherify_sandbox.base_url

    @pytest.mark.voucherify_sandbox(vouchers={"SUMMER": None}, rate_limit=RateLimit(limit=3))
    def test_busy_day(voucherify_sandbox): ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voucherify_wrapper.sandbox import Sandbox

_MARK = "voucherify_sandbox"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{_MARK}(**settings): settings of the voucherify_sandbox fixture",
    )


@pytest.fixture
def voucherify_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A running sandbox of the test's own, stopped after the test.

    Its settings come from the `voucherify_sandbox` markers on the test, its class and its module; where two
    name the same setting, the nearer one counts.
    """
    settings: dict[str, Any] = {}
    for mark in request.node.iter_markers(_MARK):
        if mark.args:
            pytest.fail(f"The marker {_MARK} takes settings by name only", pytrace=False)
        settings = {**mark.kwargs, **settings}
    try:
        # Not before a test asks for it: the plugin is loaded for every run, whatever it tests.
        from voucherify_wrapper.sandbox import Sandbox  # noqa: PLC0415
    except ImportError as error:
        # A test that cannot run must not look as if it had.
        pytest.fail(str(error), pytrace=False)
    with Sandbox(**settings) as sandbox:
        yield sandbox
