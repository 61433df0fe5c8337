"""Pages that need nothing but themselves: style and script lie inside, and nothing else is allowed."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from scripts.command import visible
from scripts.reporting.words import counted, one_line, place, spans

TEMPLATES = Path(__file__).resolve().parent / "templates"
_LONGEST_SENTENCE = 1_000


def render(template: str, *, script: str = "", **values: Any) -> str:  # noqa: ANN401 - a template's own
    """Fill a template in. Everything that is filled in is escaped.

    Args:
        template: The template's name.
        script: The name of the file with the page's script; a page without has none.
        values: What the template names.

    Returns:
        The page.
    """
    style_text = _read("page.css")
    script_text = _read(script) if script else ""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True, finalize=_shown,
    )  # fmt: skip
    environment.filters |= {
        "counted": counted,
        "line": lambda text: one_line(text, _LONGEST_SENTENCE),
        "place": place,
        "sentence": _sentence,
        "slug": lambda text: re.sub(r"\W+", "-", text).lower(),
    }
    return environment.get_template(template).render(
        style=Markup(style_text),  # noqa: S704 - a file of this project
        style_hash=_allowed(style_text),
        script=Markup(script_text),  # noqa: S704 - a file of this project
        script_hash=_allowed(script_text),
        **values,
    )


def _read(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8").strip()


def _allowed(text: str) -> str:
    """Write what a policy calls this text by, and no other."""
    if not text:
        return "'none'"
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _shown(value: Any) -> Any:  # noqa: ANN401 - whatever a template prints
    """Give characters without a shape one, in all that a template prints."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _sentence(text: str) -> Markup:
    """Escape a sentence, and show as code what stands in it between backticks."""
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if is_code else escape(part)
        for part, is_code in spans(text, _LONGEST_SENTENCE)
    )
