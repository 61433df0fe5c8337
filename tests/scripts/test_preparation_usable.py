"""What is no OpenAPI document, or too broken to repair, is refused with its place."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.command import UnusableInputError
from scripts.preparation.usable import check_usable
from tests.scripts.hand_made import content, document, getter, operation, parameter, ref

PARAMETER = {"name": "a", "in": "query"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, 'it has no "openapi"'),
        ({"swagger": "2.0", "paths": {}}, "Swagger 2.0 document"),
        ({"openapi": 3.0, "paths": {}}, "OpenAPI 3.0 is not supported"),
        ({"openapi": "2.0", "paths": {}}, "(at /openapi)"),
        ({"openapi": "4.0.0", "paths": {}}, "only 3.0 and 3.1"),
        ({"openapi": "3.0.1"}, "cut off"),
        ({"openapi": "3.0.1", "components": {}}, "cut off"),
        ({"openapi": "3.0.1", "components": []}, "cut off"),
        ({"openapi": "3.0.1", "components": ["x"]}, "an object belongs here, not a list (at /components)"),
        ({"openapi": "3.0.1", "paths": "none"}, "not a text (at /paths)"),
        ({"openapi": "3.0.1", "paths": 5}, "not a number (at /paths)"),
        (document({"pets": {}}), "a path begins with a slash (at /paths/pets)"),
        (document({"/a": None}), "not null (at /paths/~1a)"),
        (document({"/a": {"get": True}}), "not a boolean (at /paths/~1a/get)"),
        (document({"/a": {"parameters": {"a": 1}}}), "a list belongs here, not an object"),
        (document({"/a": {"parameters": [1]}}), "(at /paths/~1a/parameters/0)"),
        (document({"/a": {"parameters": [{"in": "query"}]}}), "a parameter needs a name"),
        (document({"/a": {"parameters": [{"name": "", "in": "query"}]}}), "a parameter needs a name"),
        (document({"/a": {"parameters": [{"name": "a", "in": "body"}]}}), "not in 'body'"),
        (document({"/a": {"parameters": [{"name": "a", "in": []}]}}), "not in []"),
        (document({"/a": {"parameters": [{**PARAMETER, "schema": "text"}]}}), "/parameters/0/schema)"),
        (document({"/a": {"parameters": [{**PARAMETER, "content": []}]}}), "/parameters/0/content)"),
        (document({"/a": {"get": {"requestBody": []}}}), "/paths/~1a/get/requestBody)"),
        (document({"/a": {"get": {"requestBody": {"content": {"a/b": 1}}}}}), "/content/a~1b)"),
        (document({"/a": {"get": {"responses": ["200"]}}}), "/paths/~1a/get/responses)"),
        (document({"/a": {"get": {"responses": {"200": "fine"}}}}), "/paths/~1a/get/responses/200)"),
        (document({"/a": getter("a", "text")}), "/content/application~1json/schema)"),
        (document({"/a": {"$ref": "#/paths/~1b"}}), "refers to #/paths/~1b, which is not there"),
        (document({"/a": {"$ref": "other.json"}}), "which is in another document"),
        (document({"/a": {"$ref": 5}}), "refers to 5"),
        (document({"/a": {"$ref": "#/paths/~1a"}}), "refers back to itself"),
        (document({"/a": {"$ref": "#/info/title"}}), "an object belongs here, not a text"),
        (document({"/a": {"get": {"responses": {"200": {"$ref": "#/gone"}}}}}), "#/gone, which is not there"),
        (document({"/a": {"parameters": [ref("A")]}}, {"A": {"type": "string"}}), "a parameter needs a name"),
        (document({"/a": {"parameters": [{"$ref": "#/x-p"}]}}) | {"x-p": {"name": 1}}, "needs a name"),
        (document({}, {"A": "text"}), "(at /components/schemas/A)"),
        (document({}, {"A": None}), "(at /components/schemas/A)"),
        (document({}, parameters={"P": {}}), "(at /components/parameters/P)"),
        (document({}, responses={"R": {"$ref": "#/components/responses/R"}}), "itself"),
        (document({}, requestBodies={"B": {"content": {"x": {"schema": 1}}}}), "/x/schema)"),
        (document({}, pathItems={"I": {"get": 1}}), "(at /components/pathItems/I/get)"),
        (document({}, headers={"H": 1}), "(at /components/headers/H)"),
        (document({}, securitySchemes=["a"]), "(at /components/securitySchemes)"),
    ],
)
def test_what_cannot_be_repaired_is_refused(given: Any, words: str) -> None:
    """The text names the place and the reason; a reference that leads nowhere is named as it is written."""
    with pytest.raises(UnusableInputError) as caught:
        check_usable(given)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        {"openapi": "3.1.0", "webhooks": {}},
        {"openapi": "3.1.0", "components": {"schemas": {"A": True}}},
        {"openapi": "3.0.4", "paths": None},
        document({"x-note": "text", "/a": {}, "/b": {"get": {}}}),
        document({"/a": {"get": {"responses": {"x-note": 1, "200": {}}, "requestBody": None}}}),
        document({"/a": {"parameters": [{**PARAMETER, "schema": True}]}}),
        document({"/a": {"$ref": "#/paths/~1b"}, "/b": {"get": operation("b", ref("Gone"))}}),
        document({"/a": {"get": {"responses": {"200": ref("A")}}}}, {"A": {}}),
        document(
            {"/a": {"$ref": "#/components/pathItems/I"}},
            pathItems={"I": {"post": {"requestBody": {"$ref": "#/components/requestBodies/B"}}}},
            requestBodies={"B": content({})},
            parameters={"P": parameter("p")},
        ),
    ],
)
def test_what_can_be_worked_with_is_not_refused(given: Any) -> None:
    """Mistakes that have a meaning, and schemas that are not there, are left to the repairs."""
    check_usable(given)
