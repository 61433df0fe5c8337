"""What the wrapper calls is held against a new client, and told by operation, loss and line."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scripts.command import FailedError
from scripts.contract import broken_promises, remarks
from scripts.contracts.fitting import UNREAD
from scripts.contracts.wrapper import Wrapper
from tests.scripts.contracting import (
    ADAPTER,
    CLIENT,
    PATH,
    WRAPPER,
    broken,
    client_of,
    document,
    line_of,
    operation,
    other_client,
    other_wrapper,
)
from tests.scripts.test_real_documents import load, real

if TYPE_CHECKING:
    from collections.abc import Callable

OPERATION = "`release-validation-session`"
CALL = "sync_detailed(code, session_key, client"
SYNC, ASYNC = (
    line_of(ADAPTER, text) for text in ("release_validation_session.sync", "asyncio_detailed(code")
)
IMPORT = line_of(ADAPTER, "import release_validation_session")
HERE, THERE = f"`_adapter.py:{SYNC}`", f"`_adapter.py:{ASYNC}`"
MODULES = "voucherify_client.api"
IMPORTED = f"`_adapter.py:{IMPORT}` imports `{MODULES}.vouchers.release_validation_session`."
TIMEOUT = "_timeout: httpx.Timeout | None = field(default=None,"


def moved(now: str) -> str:
    """Tell where the operation moved."""
    what = f"{OPERATION} moved from DELETE {PATH} to {now}; {HERE} calls it."
    return f"{what} Whether it still means the same is for a person to say."


def module(name: str, why: str) -> str:
    """Tell where the operation's module is."""
    return f"{OPERATION} is in the module `{MODULES}.{name}` now, as its {why}; {IMPORTED}"


def shorten(made: Any) -> None:
    item = made["paths"].pop(PATH)
    item["parameters"] = item["parameters"][:1]
    made["paths"]["/v1/vouchers/{code}/sessions"] = item


def reorder(made: Any) -> None:
    made["paths"]["/v2/sessions/{sessionKey}/of/{code}"] = made["paths"].pop(PATH)


def require_query(made: Any) -> None:
    parameter = {"name": "reason", "in": "query", "required": True, "schema": {"type": "string"}}
    operation(made)["parameters"].append(parameter)


def change_type(made: Any) -> None:
    made["paths"][PATH]["parameters"][0]["schema"] = {"type": "integer"}


def change_method(made: Any) -> None:
    made["paths"][PATH]["post"] = made["paths"][PATH].pop("delete")


def rename_parameter(made: Any) -> None:
    item = made["paths"].pop(PATH)
    item["parameters"][1]["name"] = "sessionId"
    made["paths"]["/v1/vouchers/{code}/sessions/{sessionId}"] = item


LOST = f"{OPERATION} lost its parameter `sessionKey`; {HERE} and {THERE} pass it."
ORDER = f"{OPERATION} takes its parameters in the order session_key, code now; {HERE} and {THERE} pass"
REQUIRED = f"{OPERATION} has a new required parameter `reason`; {HERE} and {THERE} do not pass it."
TYPE = f"{OPERATION} takes `int` as its parameter `code` now; {{}} passes `str`."
RENAMED = "operationId changed from `release-validation-session` to `end-session`"


def test_the_present_client_and_document_hold() -> None:
    """Nothing is found wrong with what the repository has."""
    assert broken(document(), before=document()) == ()
    assert remarks(document(), wrapper=WRAPPER) == ()


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (shorten, [LOST, moved("DELETE /v1/vouchers/{code}/sessions")]),
        (reorder, [f"{ORDER} code, session_key.", moved("DELETE /v2/sessions/{sessionKey}/of/{code}")]),
        (require_query, [REQUIRED]),
        (change_type, [TYPE.format(HERE), TYPE.format(THERE)]),
        (
            lambda made: operation(made).update(operationId="end-session"),
            [module("vouchers.end_session", RENAMED)],
        ),
        (
            lambda made: operation(made).update(tags=["Sessions"]),
            [module("sessions.release_validation_session", "tag is `Sessions` now")],
        ),
        (
            lambda made: operation(made).pop("tags"),
            [module("default.release_validation_session", "tag is gone")],
        ),
        (change_method, [moved(f"POST {PATH}")]),
        (rename_parameter, []),
        (lambda made: made["paths"][PATH]["parameters"].reverse(), []),
    ],
)
def test_changes_of_the_operation(edit: Callable[[Any], object], told: list[str], tmp_path: Path) -> None:
    """Each way in which the operation can slip from the wrapper's calls is told once, and nothing else is."""
    made = document(edit)
    found = broken(made, client_of(made, tmp_path / "made"))
    assert [one.what for one in found] == told
    lines = Path(WRAPPER, "_adapter.py").read_text(encoding="utf-8").splitlines()
    for one in found:
        assert (one.file, one.text) == (ADAPTER, lines[one.line - 1].strip())


def test_operation_that_is_gone() -> None:
    """That the document lost the operation is told once; its import and calls, which fail too, are not."""
    (found,) = broken(document(lambda made: made["paths"].pop(PATH)))
    gone = f"The document has no {OPERATION} (DELETE {PATH}) any more; {HERE} calls it."
    assert found.what == f"{gone} Take the call out of the wrapper, or leave this update."
    assert (found.file, found.line) == (ADAPTER, SYNC)


NO_MODULE = f"{OPERATION} has no module in the new client, though the document has it; {IMPORTED}"
NO_CLASS = "The new client has no `voucherify_client.AuthenticatedClient` any more; {} needs it."
OVERRIDDEN = (
    '{} does not fit the new client: Return type "Client" of "get_httpx_client" incompatible with '
    'return type "str" in supertype "voucherify_client.client.Client" (override).'
)
ARGUMENT = (
    '{} does not fit the new client: Argument 1 to "_timeout_of" has incompatible type "bytes"; '
    'expected "Timeout | float | None" (arg-type).'
)


@pytest.mark.parametrize(
    ("file", "old", "new", "told", "at"),
    [
        (
            "api/vouchers/release_validation_session.py",
            *("def asyncio_detailed(", "def asyncio_whole("),
            *(NO_MODULE, "import release_validation_session"),
        ),
        ("__init__.py", "AuthenticatedClient", "SigningClient", NO_CLASS, "import AuthenticatedClient"),
        (
            "client.py",
            *("get_httpx_client(self) -> httpx.Client:", "get_httpx_client(self) -> str:"),
            *(OVERRIDDEN, "def get_httpx_client(self) -> httpx.Client"),
        ),
        ("client.py", TIMEOUT, '_timeout: bytes = field(default=b"",', ARGUMENT, "_timeout_of(self._timeout"),
    ],
)
def test_changes_of_the_client(file: str, old: str, new: str, told: str, at: str, tmp_path: Path) -> None:
    """What the client itself lost is named; what nobody has words for is passed on with its line."""
    found = broken(document(), other_client(tmp_path, file, old, new))
    assert told.format(f"`_adapter.py:{line_of(ADAPTER, at)}`") in [one.what for one in found]
    assert all(one.file == ADAPTER and one.line and one.text for one in found)


def test_module_that_is_gone(tmp_path: Path) -> None:
    """A module of the client that the wrapper imports, and that is no operation's, is named."""
    new = "import httpx\nfrom voucherify_client.gone import it\n"
    wrapper = other_wrapper(tmp_path, "_adapter.py", "import httpx\n", new)
    found = [one.what for one in broken(document(), wrapper=wrapper)]
    line = line_of(ADAPTER, "import httpx") + 1
    assert found == [
        f"The new client has no `voucherify_client.gone` any more; `_adapter.py:{line}` needs it."
    ]


@pytest.mark.parametrize(
    ("new", "told"),
    [
        ("sync_whole(code, session_key, client", "lost its function `sync_whole`; {} calls it."),
        ("sync_detailed(code, session_key, x=1, client", "lost its parameter `x`; {} passes it."),
        (
            "sync_detailed(code, client",
            "has a new required parameter `session_key`; {} does not pass it.",
        ),
        (
            "sync_detailed(code, session_key, client=7 or caller",
            "takes `AuthenticatedClient` as its parameter `client` now; {} passes `int`.",
        ),
        ("sync_detailed(code=code, session_key=session_key, client", ""),
        ("sync_detailed(*(code, session_key), client", ""),
    ],
)
def test_calls_of_another_form(new: str, told: str, tmp_path: Path) -> None:
    """Arguments by place and by name, functions and spreads are read from the wrapper as they stand there."""
    old = f"{CALL}=caller" if "7" in new else CALL
    wrapper = other_wrapper(tmp_path, "_adapter.py", f"session.{old}", f"session.{new}")
    found = [one.what for one in broken(document(), wrapper=wrapper)]
    assert found == [f"{OPERATION} {told.format(HERE)}"] * bool(told)


def test_imports_of_another_form(tmp_path: Path) -> None:
    """A function that is imported by itself, and a module under another name, are the operation's too."""
    old = "from voucherify_client.api.vouchers import release_validation_session"
    new = f"import {MODULES}.vouchers.release_validation_session as releasing\nimport voucherify_client\n"
    new += f"from {MODULES}.vouchers.release_validation_session import sync_detailed as whole"
    wrapper = other_wrapper(tmp_path, "_adapter.py", old, new)
    text = (wrapper / "_adapter.py").read_text(encoding="utf-8")
    text = text.replace("release_validation_session.sync_detailed(", "whole(")
    text = text.replace("release_validation_session.asyncio_detailed(", "releasing.asyncio_detailed(")
    (wrapper / "_adapter.py").write_text(text, encoding="utf-8")
    assert broken(document(), wrapper=wrapper) == ()
    made = document(shorten)
    found = [one.what for one in broken(made, client_of(made, tmp_path / "made"), wrapper)]
    assert found[0] == LOST.replace(f":{SYNC}", f":{SYNC + 2}").replace(f":{ASYNC}", f":{ASYNC + 2}")


def test_operations_that_the_list_lacks(tmp_path: Path) -> None:
    """What the wrapper imports of the operations, and the list does not have, is named."""
    old = "import release_validation_session\n"
    new = f"{old}from voucherify_client.api import vouchers as all_of_them\n"
    (found,) = broken(document(), wrapper=other_wrapper(tmp_path, "_adapter.py", old, new))
    imports = f"`_adapter.py:{IMPORT + 1}` imports `{MODULES}.vouchers`, which"
    lists = "`scripts/contracts/reliance.py` says nothing of; list its operation there."
    assert found.what == f"{imports} {lists}"


def test_operations_that_the_wrapper_does_not_call(tmp_path: Path) -> None:
    """A list that names what the wrapper does not call is out of date: that is told, and nothing guessed."""
    wrapper = other_wrapper(tmp_path, "_adapter.py", "release_validation_session", "other_operation")
    made = document(lambda made: operation(made)["responses"].pop("204"))
    found = [one.what for one in broken(made, wrapper=wrapper)]
    lists = f"The wrapper does not call {OPERATION}, which `scripts/contracts/reliance.py` lists;"
    assert found[1].startswith(lists)
    assert not [one for one in found if "204" in one]


def test_client_that_is_no_python(tmp_path: Path) -> None:
    """A client that the type checker cannot read is told with its own file and line."""
    found = broken(document(), other_client(tmp_path, "client.py", "class Client:", "class Client(:"))
    assert found[0].file == "voucherify_client/client.py"
    assert (found[0].line > 0, found[0].text) == (True, "")


def test_what_the_type_checker_does_not_read() -> None:
    """The packages that it leaves out are imported by nothing that it checks, neither wrapper nor client."""
    files = [*Wrapper(WRAPPER).reached, *CLIENT.rglob("*.py")]
    trees = [ast.parse(file.read_text(encoding="utf-8")) for file in files]
    imports = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in imports if isinstance(node, ast.ImportFrom)}
    assert "httpx" in names
    assert not {name.partition(".")[0] for name in names} & {*UNREAD}


def test_wrapper_without_modules(tmp_path: Path) -> None:
    """Where the type checker has nothing to check, there is no result, and the reason is told."""
    with pytest.raises(FailedError, match=r"the type checker ended with 2: .*Missing target"):
        broken_promises(CLIENT, document(), wrapper=tmp_path)


def test_part_that_cannot_be_read(tmp_path: Path) -> None:
    """A check that no longer finds what it looks for in the wrapper is a finding, and no success."""
    wrapper = other_wrapper(tmp_path, "_clusters.py", "_DOMAIN", "_HOST")
    (found,) = broken(document(), wrapper=wrapper)
    assert found.file == "voucherify_wrapper/_clusters.py"
    cannot = "A part of the wrapper cannot be held against the update: It defines no `_DOMAIN`."
    assert found.what == f"{cannot} `scripts/contracts/wrapper.py` reads it there; tell it where that is now."


@real("vouchers/001-*.json", "vouchers/040-*.json")
def test_real_clients_hold(file: Path, tmp_path: Path) -> None:
    """The wrapper fits the client of the vendor's whole document."""
    made = load(file)
    assert broken(made, client_of(made, tmp_path / "made")) == ()
