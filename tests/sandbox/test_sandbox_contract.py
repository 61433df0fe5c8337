"""The sandbox held against the OpenAPI document, by schemathesis with all of its checks."""

from __future__ import annotations

from pathlib import Path

import schemathesis

DOCUMENT = Path(__file__).resolve().parents[2] / "openapi" / "vouchers.json"
SCHEMA = schemathesis.openapi.from_path(DOCUMENT)
