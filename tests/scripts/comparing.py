"""What the tests of the comparison share: documents made by hand, and short ways to say what came out."""

from __future__ import annotations

from typing import Any

from scripts.compare import compare
from scripts.comparison.changes import Axis
from tests.scripts.hand_made import content, document

B, W, H = "breaking", "warning", "harmless"

SENT, RECEIVED = "sent", "received"


def sends(schema: Any, components: Any = None, *, openapi: str = "3.1.0") -> dict[str, Any]:
    """Make a document in which the client sends a value."""
    operation = {"requestBody": {"required": True, **content(schema)}, "responses": {"204": {}}}
    return document({"/x": {"post": operation}}, components, openapi=openapi)


def receives(schema: Any, components: Any = None, *, openapi: str = "3.1.0") -> dict[str, Any]:
    """Make a document in which the client receives a value."""
    answer = {"200": {"description": "", **content(schema)}}
    return document({"/x": {"get": {"responses": answer}}}, components, openapi=openapi)


def rows(old: Any, new: Any) -> list[tuple[str, str, str]]:
    """Return severity, rule and subject of the rows, prose aside."""
    changes = compare(old, new).changes
    return [(str(c.severity), c.rule, c.subject) for c in changes if c.axis is not Axis.PROSE]


def rules(old: Any, new: Any) -> dict[str, str]:
    """Return the severity of each rule that found something."""
    return {rule: severity for severity, rule, _ in rows(old, new)}


def with_operation(
    operation: dict[str, Any], path: str = "/x", method: str = "post", **more: Any
) -> dict[str, Any]:
    """Make a document of one operation; `more` are its components and other parts."""
    components = dict(more.pop("components", {}))
    schemas = components.pop("schemas", {})
    item = {method: {"responses": {"200": {"description": ""}}, **operation}}
    return {**document({path: item}, schemas, **components), **more}
