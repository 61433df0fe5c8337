"""Paths and servers with names in braces: what they stand for."""

from __future__ import annotations

from scripts.preparation.templates import template_of, written_out
from tests.scripts.comparing import B, H, rows, with_operation


def test_a_name_has_one_value_in_all_its_places() -> None:
    """A template stands for every choice of values, and what has none stays as it is given."""
    values = {"a": ["x", "y"], "b": ["{b}"]}
    assert [*written_out("{a}.{b}/{a}", values.__getitem__)] == ["x.{b}/x", "y.{b}/y"]
    assert [*written_out("/plain", values.__getitem__)] == ["/plain"]


def test_names_of_parameters_are_nothing_on_the_wire() -> None:
    """Two paths that differ in the names of their parameters are one."""
    assert template_of("/a/{b}/{c}") == template_of("/a/{x}/{}") == "/a/{}/{}"


def test_a_server_variable_that_stands_twice() -> None:
    """A variable in two places of a URL has one value in both, so there are no mixed addresses."""

    def served(url: str, values: list[str]) -> dict[str, object]:
        variables = {"a": {"default": values[0], "enum": values}}
        return with_operation({}, servers=[{"url": url, "variables": variables}])

    twice = served("https://{a}.example/{a}", ["x", "y"])
    assert rows(twice, served("https://x.example/{a}", ["x"])) == [(B, "server-removed", "servers")]
    assert rows(twice, served("https://{a}.example/y", ["x", "y"])) == [
        (B, "server-removed", "servers"),
        (H, "server-added", "servers"),
    ]
    assert rows(twice, served("https://{a}.example/{a}", ["x", "y", "z"])) == [(H, "server-added", "servers")]
    many = served("https://{a}.example/{a}", [str(number) for number in range(201)])
    assert rows(many, served("https://7.example/{a}", ["7"])) == [("warning", "server-changed", "servers")]
    assert (H, "server-added", "servers") in rows(many, served("https://7.example/{a}", ["8"]))
