"""Say, as JSON on stdout, what one generated package does with its document.

`python -m benchmarks.package PACKAGE DOCUMENT [--decode OPERATION CODE NAME TIMES]`

Runs in a process of its own, as packages of several generators share their names.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from tests.scripts.roundtrip import Example, GeneratedClient, failure, response_examples, status_of
from tests.scripts.sameness import below, follow, operations

if TYPE_CHECKING:
    from types import ModuleType


def measure(package: Path, document: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Count what arrived, and try every example.

    Args:
        package: The package's folder; it is imported.
        document: The document that it was made from, as its source gave it.

    Returns:
        Counts, and the examples that are not read or come back changed.
    """
    client = GeneratedClient(package)
    counts: dict[str, Any] = {"operations": client.count, "promised operations": 0, "responses": 0, "lost": 0}
    for operation in operations(document):
        counts["promised operations"] += 1
        module = _module(client, operation.title)
        if module is None:
            continue
        for code in operation.value.get("responses", {}):
            response = follow(document, below(operation.pointer, "responses", code))[1] or {}
            if any("schema" in content for content in response.get("content", {}).values()):
                counts["responses"] += 1
                counts["lost"] += not _is_known(module, code)
    examples = [*response_examples(document)]
    wrong = [(one, failure(client, one.operation, one.code, one.value)) for one in examples]
    counts["examples"] = len(examples)
    counts["wrong"] = [[e.operation, e.code, e.name, reason] for e, reason in wrong if reason]
    readable = [example for example in examples if _is_readable(client, example)]
    counts["largest"] = [*_key(max(readable, key=_size, default=None))]
    return counts


def _module(client: GeneratedClient, operation: str) -> ModuleType | None:
    """Return an operation's module; those that are missing or do not import are counted elsewhere."""
    try:
        return client.module(operation)
    except Exception:  # noqa: BLE001 - generated code may raise anything
        return None


def _key(example: Example | None) -> tuple[Any, ...]:
    return (example.operation, example.code, example.name, _size(example)) if example else ()


def _size(example: Example) -> int:
    return len(json.dumps(example.value))


def _is_readable(client: GeneratedClient, example: Example) -> bool:
    try:
        return client.read(example.operation, example.code, example.value) is not None
    except Exception:  # noqa: BLE001 - generated code may raise anything
        return False


def _is_known(module: ModuleType, code: str) -> bool:
    """Tell whether the parser of answers expects a status, whatever it does with the body."""
    root = module.__name__.partition(".")[0]
    client = sys.modules[f"{root}.client"].Client(
        base_url="http://localhost", raise_on_unexpected_status=True
    )
    try:
        module._build_response(client=client, response=httpx.Response(status_of(code), json={}))  # noqa: SLF001 - as above
    except Exception as error:  # noqa: BLE001 - as above
        return type(error).__name__ != "UnexpectedStatus"
    return True


def decode(package: Path, document: Any, key: list[str]) -> float:  # noqa: ANN401 - JSON
    """Return the seconds that reading one example takes, many times over."""
    client = GeneratedClient(package)
    operation, code, name, times = key
    (example, *_) = (
        one
        for one in response_examples(document)
        if (one.operation, one.code, one.name) == (operation, int(code), name)
    )
    client.read(operation, example.code, example.value)
    module = client.module(operation)
    library = sys.modules[f"{package.name}.client"]
    caller = library.Client(base_url="http://localhost")
    response = httpx.Response(example.code, json=example.value)
    start = time.perf_counter()
    for _ in range(int(times)):
        module._build_response(client=caller, response=response)  # noqa: SLF001 - what a call does with an answer
    return time.perf_counter() - start


def main() -> None:
    """Measure one package."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.package")
    parser.add_argument("package", type=Path)
    parser.add_argument("document", type=Path)
    parser.add_argument("--decode", nargs=4, metavar=("OPERATION", "CODE", "NAME", "TIMES"))
    options = parser.parse_args()
    sys.path.insert(0, str(options.package.parent))
    document = json.loads(options.document.read_text(encoding="utf-8"))
    found = (
        decode(options.package, document, options.decode)
        if options.decode
        else measure(options.package, document)
    )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
