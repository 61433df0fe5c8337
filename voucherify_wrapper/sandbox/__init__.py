"""A local stand-in for the Voucherify API, for tests and for trying things out.

    with Sandbox(vouchers={"2CpRCE2c": 1}) as sandbox:
        key = sandbox.lock("2CpRCE2c")
        ...  # a client of sandbox.base_url releases it
        assert sandbox.released == [("2CpRCE2c", key)]

It speaks HTTP/1.1 on loopback, opens sessions on `POST /v1/validations`, releases them, hands out OAuth
tokens, limits the rate, and misbehaves when it is told to (`Fault`). `python -m voucherify_wrapper.sandbox`
serves one until Ctrl-C. It needs the extra `sandbox`.
"""

try:
    import starlette  # noqa: F401 - asked for first, so that what is missing is said plainly
    import uvicorn  # noqa: F401
except ImportError:
    raise ImportError(
        "The sandbox needs Starlette and uvicorn: pip install 'voucherify-wrapper[sandbox]'"
    ) from None

from voucherify_wrapper.sandbox._errors import Refusal, SandboxError
from voucherify_wrapper.sandbox._faults import OPERATIONS, Fault
from voucherify_wrapper.sandbox._front import LARGEST_BODY, RecordedRequest
from voucherify_wrapper.sandbox._limits import RateLimit
from voucherify_wrapper.sandbox._sandbox import SAMPLE_VOUCHERS, Sandbox

__all__ = [
    "LARGEST_BODY",
    "OPERATIONS",
    "SAMPLE_VOUCHERS",
    "Fault",
    "RateLimit",
    "RecordedRequest",
    "Refusal",
    "Sandbox",
    "SandboxError",
]
