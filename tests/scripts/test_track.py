"""An update is made whole or not at all, says what it comes to, and ends at once where nothing changed."""

from __future__ import annotations

import copy
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scripts.command import FailedError, UnusableInputError
from scripts.source import vendored
from scripts.state import read_lock, standing
from scripts.track import main
from scripts.tracking.update import can_be_read
from scripts.transaction import HOME, interrupted, opened, recover
from tests.scripts.answering import Server, serving
from tests.scripts.changing import Counting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scripts.conftest import Command, Digest

ROOT = Path(__file__).resolve().parents[2]
RELEASE = "/v1/vouchers/{code}/sessions/{sessionKey}"
KEPT = ("openapi", "generated")


def small() -> dict[str, Any]:
    """The vendor's document, with one operation alone."""
    document: dict[str, Any] = json.loads((ROOT / "openapi" / "vouchers.json").read_text(encoding="utf-8"))
    return {**document, "paths": {RELEASE: document["paths"][RELEASE]}}


def larger() -> dict[str, Any]:
    """The same with one more operation."""
    document = copy.deepcopy(small())
    document["paths"]["/v1/ping"] = {
        "get": {"operationId": "ping", "tags": ["Ping"], "responses": {"204": {"description": "There."}}}
    }
    return document


def narrower() -> dict[str, Any]:
    """The same with one more thing that has to be sent."""
    document = copy.deepcopy(larger())
    document["paths"]["/v1/ping"]["get"]["parameters"] = [
        {"name": "who", "in": "query", "required": True, "schema": {"type": "string"}}
    ]
    return document


def without_release() -> dict[str, Any]:
    """The same without what the wrapper is there for."""
    document = larger()
    del document["paths"][RELEASE]
    return document


def save(file: Path, document: object) -> Path:
    """Write a document."""
    file.write_bytes(vendored(document))  # type: ignore[arg-type]
    return file


@pytest.fixture(scope="session")
def tracked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a first update behind it, for tests to copy."""
    root = tmp_path_factory.mktemp("tracked") / "project"
    (root / "openapi").mkdir(parents=True)
    shutil.copy(ROOT / "openapi" / "generator.yaml", root / "openapi")
    shutil.copytree(ROOT / "voucherify_wrapper", root / "voucherify_wrapper")
    source = save(root / "source.json", small())
    (root / "pyproject.toml").write_text('[tool.voucherify-spec]\nsource = "source.json"\n')
    assert main(["--root", str(root), "--source", str(source), "--no-wrapper-tests"]) == 0
    return root


@pytest.fixture
def project(tmp_path: Path, tracked: Path) -> Path:
    """A project of the test's own."""
    return shutil.copytree(tracked, tmp_path / "project")


def track(root: Path, *arguments: str | Path) -> int:
    """Run the command in this process, without the wrapper's tests."""
    return main(["--root", str(root), "--no-wrapper-tests", *map(str, arguments)])


def said(root: Path) -> dict[str, Any]:
    """Read the report."""
    report: dict[str, Any] = json.loads((root / "report" / "report.json").read_text(encoding="utf-8"))
    return report


def last_line(text: str) -> str:
    return text.rstrip("\n").rpartition("\n")[2]


def pictures(root: Path, digest: Digest) -> list[dict[str, str]]:
    """Take a picture of what belongs together, apart from what Python compiled."""
    return [
        {name: value for name, value in digest(root / part).items() if "__pycache__" not in name}
        for part in KEPT
    ]


# Verdicts


def test_first_update(tracked: Path) -> None:
    """Where nothing is kept yet, everything counts as new, and all there is to keep is written."""
    assert sorted(file.name for file in (tracked / "openapi").iterdir()) == [
        "generator.yaml", "spec.lock.json", "vouchers.json",
    ]  # fmt: skip
    assert sorted(file.name for file in (tracked / "report").iterdir()) == [
        "annotations.txt", "report.html", "report.json", "report.md",
    ]  # fmt: skip
    assert said(tracked)["verdict"] == "compatible"
    assert (tracked / "generated" / "voucherify_client" / "client.py").is_file()
    assert len(list((tracked / "changelog.d").iterdir())) == 1
    lock = read_lock(tracked)
    assert lock is not None
    assert (lock.source, lock.operations) == ("source.json", 1)


def test_compatible(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new operation breaks nobody: exit code 0, and document, client, report and fragment are new."""
    source = save(project / "source.json", larger())
    assert track(project) == 0
    output = capsys.readouterr().out
    assert last_line(output) == "verdict: compatible"
    assert "make rollback" in output
    assert (project / "openapi" / "vouchers.json").read_bytes() == source.read_bytes()
    assert (project / "generated/voucherify_client/api/ping/ping.py").is_file()
    assert said(project)["verdict"] == "compatible"
    assert len(list((project / "changelog.d").iterdir())) == 2


@pytest.mark.unmeasured
@pytest.mark.parametrize(("arguments", "code"), [([], 0), (["--fail-on", "breaking"], 4)])
def test_breaking(project: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int) -> None:
    """What breaks callers is taken and said; the exit code tells where that is asked for."""
    track(project, "--source", save(project / "other.json", larger()))
    capsys.readouterr()
    assert track(project, "--source", save(project / "other.json", narrower()), *arguments) == code
    assert last_line(capsys.readouterr().out) == "verdict: breaking"
    report = said(project)
    assert report["verdict"] == "breaking"
    assert {row["axis"] for row in report["comparison"]["changes"] if row["severity"] == "breaking"} == {
        "wire", "python",
    }  # fmt: skip
    assert "who" in (project / "generated/voucherify_client/api/ping/ping.py").read_text()


@pytest.mark.unmeasured
def test_approved(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a person has accepted no longer counts as breaking, on either axis."""
    save(project / "source.json", larger())
    track(project)
    save(project / "source.json", narrower())
    track(project, "--dry-run", "--report", project / "dry")
    approve(project, json.loads((project / "dry" / "report.json").read_text())["comparison"]["changes"])
    capsys.readouterr()
    assert track(project, "--fail-on", "breaking") == 0
    assert last_line(capsys.readouterr().out) == "verdict: compatible"


def test_unchanged(project: Path, digest: Digest, capsys: pytest.CaptureFixture[str]) -> None:
    """The same bytes end the run; nothing but the report is written."""
    before = pictures(project, digest)
    assert track(project) == 0
    assert last_line(capsys.readouterr().out) == "verdict: unchanged"
    assert said(project)["verdict"] == "unchanged"
    assert pictures(project, digest) == before
    assert len(list((project / "changelog.d").iterdir())) == 1


def approve(project: Path, rows: list[dict[str, Any]]) -> None:
    """Approve of all that breaks."""
    entries = [
        f'[[approved]]\nfingerprint = "{row["fingerprint"]}"\nby = "me"\nwhy = "Nobody pings."\n'
        for row in rows
        if row["severity"] == "breaking"
    ]
    (project / "openapi" / "approvals.toml").write_text("\n".join(entries))


def test_the_last_updates_report_outlives_runs_without_one(
    project: Path, digest: Digest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Runs that find nothing new, or refuse what they find, keep the last update's report, and say where."""
    save(project / "source.json", narrower())
    track(project)
    made = digest(project / "report")
    for source, verdict in (
        ("source.json", "unchanged"),
        ("no.json", "refused"),
        ("source.json", "unchanged"),
    ):
        capsys.readouterr()
        track(project, "--source", project / source)
        output = capsys.readouterr().out
        assert "The report of the last update: report/last-update/report.html.\n" in output
        assert last_line(output) == f"verdict: {verdict}"
        assert said(project)["verdict"] == verdict
        assert digest(project / "report" / "last-update") == made
    save(project / "source.json", larger())
    assert track(project) == 0
    assert not (project / "report" / "last-update").exists()


def test_reports_of_another_state_are_not_kept(project: Path) -> None:
    """A report of a document that is not the kept one, or one that cannot be read, is no last update's."""
    (project / "report" / "report.json").write_text("{}")
    track(project)
    assert not (project / "report" / "last-update").exists()
    save(project / "source.json", larger())
    track(project)
    main(["--root", str(project), "--rollback"])
    save(project / "source.json", small())
    track(project)
    assert not (project / "report" / "last-update").exists()


def test_approved_afterwards(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is approved after an update counts when the command runs again, until it is taken back."""
    save(project / "source.json", larger())
    track(project)
    save(project / "source.json", narrower())
    assert track(project, "--fail-on", "breaking") == 4
    approve(project, said(project)["comparison"]["changes"])
    capsys.readouterr()
    assert track(project, "--fail-on", "breaking") == 0
    output = capsys.readouterr().out
    assert output.startswith("The approvals have changed: this is the last update, judged anew.\n")
    assert last_line(output) == "verdict: compatible"
    assert said(project)["verdict"] == "compatible"
    assert track(project) == 0
    assert last_line(capsys.readouterr().out) == "verdict: unchanged"
    (project / "openapi" / "approvals.toml").unlink()
    assert track(project, "--fail-on", "breaking", "--dry-run") == 4
    assert said(project)["verdict"] == "unchanged"
    assert track(project, "--fail-on", "breaking") == 4
    assert said(project)["verdict"] == "breaking"


@pytest.mark.parametrize("indent", [None, 7])
@pytest.mark.parametrize("order", [False, True])
def test_another_formatting(
    project: Path,
    digest: Digest,
    capsys: pytest.CaptureFixture[str],
    indent: int | None,
    order: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Blanks, escapes and the order of keys are no change."""
    before = pictures(project, digest)
    (project / "source.json").write_text(json.dumps(small(), indent=indent, sort_keys=order))
    assert track(project) == 0
    assert last_line(capsys.readouterr().out) == "verdict: unchanged"
    assert pictures(project, digest) == before


def test_unchanged_loads_little(command: Command, project: Path) -> None:
    """A run that ends as unchanged loads neither the generator nor the comparison."""
    program = (
        "import sys; from scripts.track import main; main(sys.argv[1:]); "
        "print([name for name in sys.modules if name in ('scripts.generate', 'scripts.compare', 'httpx')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--root", project], capture_output=True, text=True, check=True
    )
    assert last_line(done.stdout) == "[]"
    assert command("track", "--root", project).returncode == 0


def test_prose_only(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another wording is a change that breaks nobody."""
    document = small()
    document["info"]["description"] = "Other words."
    save(project / "source.json", document)
    assert track(project) == 0
    assert last_line(capsys.readouterr().out) == "verdict: compatible"
    assert said(project)["bump"] == "patch"


def test_a_name_that_is_taken(project: Path, command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    """A new operation with a name that is taken, put before the old one, leaves the old one its name."""
    document = small()
    copy_of_it = {**document["paths"][RELEASE]["delete"], "parameters": []}
    document["paths"] = {"/v1/other": {"delete": copy_of_it}, **document["paths"]}
    save(project / "source.json", document)
    module = project / "generated/voucherify_client/api/vouchers/release_validation_session.py"
    before = module.read_text()
    assert track(project) == 0
    assert last_line(capsys.readouterr().out) == "verdict: compatible"
    assert module.read_text() == before
    assert json.loads((project / "openapi/vouchers.json").read_text()) == document
    check_whole(project, command)
    (project / "source.json").write_text(json.dumps(document))
    assert track(project) == 0
    assert last_line(capsys.readouterr().out) == "verdict: unchanged"


# Refusals


def refuse(project: Path, digest: Digest, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """Run what is refused; nothing but the report changes. Returns what was printed."""
    before = pictures(project, digest)
    fragments = sorted((project / "changelog.d").iterdir())
    assert track(project, *arguments) == 3
    output = capsys.readouterr().out
    assert last_line(output) == "verdict: refused"
    assert said(project)["verdict"] == "refused"
    assert pictures(project, digest) == before
    assert sorted((project / "changelog.d").iterdir()) == fragments
    return output


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b'{"openapi": "3.0.1", "info"', "cut off"),
        (b"<html>", "source.json"),
        (b"\x89PNG\r\n", "not UTF-8"),
        (b"[1]", "not an OpenAPI document"),
        (b'{"swagger": "2.0"}', "Swagger 2"),
        (b'{"openapi": "3.0.1", "info": {}, "paths": {"x": {}}}', "a path begins with a slash"),
        (b'{"openapi": "3.2.0", "info": {}, "paths": {}}', "not supported"),
    ],
)
def test_unreadable(
    project: Path, digest: Digest, capsys: pytest.CaptureFixture[str], content: bytes, reason: str
) -> None:
    """What is no document that can be worked with is refused with the reason."""
    (project / "source.json").write_bytes(content)
    assert reason in " ".join(refuse(project, digest, capsys).split())


def test_missing_source(project: Path, digest: Digest, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not there is refused by its name."""
    assert "No such file" in " ".join(
        refuse(project, digest, capsys, "--source", project / "no.json").split()
    )


def test_lost_contract(project: Path, digest: Digest, capsys: pytest.CaptureFixture[str]) -> None:
    """A document without what the wrapper relies on is refused in the wrapper's terms."""
    save(project / "source.json", without_release())
    refuse(project, digest, capsys)
    report = said(project)
    assert report["refusals"] == []
    assert any("release-validation-session" in finding["what"] for finding in report["contract"])
    assert report["comparison"] is not None


def test_all_reasons_at_once(project: Path, digest: Digest, capsys: pytest.CaptureFixture[str]) -> None:
    """What generation would lose and what the wrapper would lose are told together, with places."""
    document = without_release()
    document["components"]["securitySchemes"]["card"] = {"type": "mutualTLS"}
    document["paths"]["/v1/ping"]["get"]["security"] = [{"card": []}]
    save(project / "source.json", document)
    refuse(project, digest, capsys)
    report = said(project)
    assert any(finding["pointer"] == "/components/securitySchemes/card" for finding in report["refusals"])
    assert any("release-validation-session" in finding["what"] for finding in report["contract"])


def test_wrappers_own_tests(project: Path, digest: Digest, capsys: pytest.CaptureFixture[str]) -> None:
    """The wrapper's tests run against the new client; one that fails there refuses the update."""
    tests = project / "tests" / "wrapper"
    tests.mkdir(parents=True)
    for name in ("isdir", "isfile"):
        (tests / f"test_{name}.py").write_text(
            f"from os.path import {name}\nfrom voucherify_client import api\n\n\n"
            f"def test_{name}():\n    assert {name}(api.__path__[0] + '/ping')\n"
        )
    save(project / "source.json", larger())
    before = pictures(project, digest)
    assert main(["--root", str(project)]) == 3
    assert last_line(capsys.readouterr().out) == "verdict: refused"
    (finding,) = said(project)["contract"]
    assert "test_isfile" in finding["what"] + finding["file"]
    assert pictures(project, digest) == before


# What is asked for


def test_own_code(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody's own code is checked against both clients; the lines that would newly fail are listed."""
    save(project / "source.json", larger())
    track(project)
    code = project / "shop.py"
    code.write_text(
        "from voucherify_client import Client\n"
        "from voucherify_client.api.ping import ping\n\n"
        'ping.sync_detailed(client=Client(base_url="https://host"))\n'
    )
    save(project / "source.json", narrower())
    capsys.readouterr()
    assert track(project, "--code", code) == 0
    assert "1 line would newly fail" in " ".join(capsys.readouterr().out.split())
    assert [finding["line"] for finding in said(project)["code"]["findings"]] == [4]


def test_own_code_that_is_not_there(project: Path) -> None:
    """Code that does not exist, or is none, is a mistake of the command, before anything is fetched."""
    (project / "source.json").unlink()
    with pytest.raises(UnusableInputError, match="no such file or folder; --code"):
        track(project, "--code", project / "nowhere")
    (project / "empty").mkdir()
    with pytest.raises(UnusableInputError, match="holds no Python file to check"):
        track(project, "--code", project / "empty")


def test_a_document_in_parts(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A path item that lies in another document is refused with its place, and leaves a report."""
    document = small()
    document["paths"]["/v1/elsewhere"] = {"$ref": "other.json#/x"}
    save(project / "source.json", document)
    assert track(project) == 3
    output = capsys.readouterr().out
    assert last_line(output) == "verdict: refused"
    assert "in another document" in output
    assert said(project)["verdict"] == "refused"


@pytest.mark.unmeasured
def test_a_document_that_says_the_same(
    project: Path, digest: Digest, capsys: pytest.CaptureFixture[str], command: Command
) -> None:
    """Where no row tells of it, the new document is taken over all the same, and can be given back."""
    before = pictures(project, digest)
    document = small()
    document["components"]["schemas"]["Error"]["required"].reverse()
    save(project / "source.json", document)
    assert track(project) == 0
    output = capsys.readouterr().out
    assert last_line(output) == "verdict: compatible"
    assert "written in another way and says the same" in output
    assert json.loads((project / "openapi/vouchers.json").read_text()) == document
    check_whole(project, command)
    assert main(["--root", str(project), "--rollback"]) == 0
    assert pictures(project, digest) == before


@pytest.mark.parametrize("make", [larger, without_release])
def test_dry_run(project: Path, digest: Digest, capsys: pytest.CaptureFixture[str], make: Any) -> None:
    """A dry run changes nothing at all; its report goes where it is asked for."""
    save(project / "source.json", make())
    before = digest(project)
    elsewhere = project.parent / "elsewhere"
    assert track(project, "--dry-run", "--report", elsewhere) in (0, 3)
    output = capsys.readouterr().out
    assert "Nothing was changed, as --dry-run asks." in output
    assert json.loads((elsewhere / "report.json").read_text())["run"] == "dry run"
    verdict = json.loads((elsewhere / "report.json").read_text())["verdict"]
    assert last_line(output) == f"verdict: {verdict}"
    assert digest(project) == before


def test_report_elsewhere_too(project: Path) -> None:
    """A folder that is named gets the report beside the usual one."""
    save(project / "source.json", larger())
    assert track(project, "--report", project.parent / "elsewhere") == 0
    assert (project.parent / "elsewhere" / "report.json").read_bytes() == (
        project / "report" / "report.json"
    ).read_bytes()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "no source: name one"),
        ("[tool.voucherify-spec]\nsource = 3", "no source: name one"),
        ("[tool.voucherify-spec]\nsource = ''", "no source: name one"),
        ("[tool.voucherify-spec.source]\nx = 1", "no source: name one"),
        ("tool = 3", "no source: name one"),
        ("[tool", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_no_source(project: Path, content: str | None, reason: str) -> None:
    """Without a source in pyproject.toml or in the command, the message says where one belongs."""
    file = project / "pyproject.toml"
    file.unlink() if content is None else file.write_text(content)
    with pytest.raises(UnusableInputError, match=reason):
        track(project)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--rollback", "--dry-run"],
        ["--rollback", "--source", "x"],
        ["--rollback", "--max-size", "7"],
        ["--rollback", "--no-wrapper-tests"],
        ["--max-size", "0"],
        ["--timeout", "nan"],
        ["--timeout", "inf"],
        ["--fail-on", "x"],
        ["x"],
    ],
)
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An option that makes no sense ends with exit code 2 and its name."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert arguments[0].lstrip("-") in capsys.readouterr().err


def test_not_this_project(tmp_path: Path, digest: Digest) -> None:
    """A folder that is no project of this kind is refused before anything is written into it."""
    before = digest(tmp_path)
    with pytest.raises(UnusableInputError, match=r"has no openapi/generator\.yaml"):
        track(tmp_path, "--source", "x.json")
    assert digest(tmp_path) == before


def test_as_a_command(project: Path, command: Command) -> None:
    """As a command it has the same exit codes, and says an address's mistake in one paragraph."""
    done = command("track", "--root", project, "--source", "ftp://host/x.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "track: ftp://host/x.json is no address that can be fetched; http and https are.\n"
    done = command("track", "--root", project, "--source", project / "no.json")
    assert done.returncode == 3
    assert done.stderr == ""


# Addresses


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that has the document, and that no proxy stands before."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(Server(body=vendored(larger()))) as running:
        running.headers |= {"ETag": '"one"', "Last-Modified": "Tue, 21 Jul 2026 08:00:00 GMT"}
        yield running


def test_version_is_asked_for(project: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """ETag and Last-Modified are kept, and sent as long as what was made of the document still stands."""
    assert track(project, "--source", server.url()) == 0
    lock = read_lock(project)
    assert lock is not None
    assert lock.source == server.url()
    server.status, server.body = 304, b""
    assert track(project, "--source", server.url()) == 0
    assert last_line(capsys.readouterr().out) == "verdict: unchanged"
    assert server.asked[-1][1]["If-None-Match"] == '"one"'
    assert server.asked[-1][1]["If-Modified-Since"] == "Tue, 21 Jul 2026 08:00:00 GMT"
    assert read_lock(project) == lock


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    "changed", ["openapi/vouchers.json", "generated/voucherify_client/client.py", "tool"]
)
def test_version_counts_only_for_what_it_belongs_to(project: Path, server: Server, changed: str) -> None:
    """Where document, client, configuration or lock do not belong together, all is fetched and made again."""
    track(project, "--source", server.url())
    kept = (project / "generated/voucherify_client/client.py").read_bytes()
    if changed == "tool":
        with (project / "openapi" / "generator.yaml").open("a") as file:
            file.write("# more\n")
    else:
        content = (project / changed).read_bytes()
        (project / changed).write_bytes(content.replace(b'"There."', b'"Here."') + b"\n")
    assert track(project, "--source", server.url()) == 0
    assert "If-None-Match" not in server.asked[-1][1]
    assert (project / "openapi/vouchers.json").read_bytes() == server.body
    assert (project / "generated/voucherify_client/client.py").read_bytes() == kept
    assert track(project, "--source", server.url()) == 0
    assert server.asked[-1][1]["If-None-Match"] == '"one"'


def test_lock_alone_is_renewed(project: Path, digest: Digest, capsys: pytest.CaptureFixture[str]) -> None:
    """A lock file that is missing or broken is written again; nothing else changes, and nothing is new."""
    before = pictures(project, digest)
    lock = project / "openapi" / "spec.lock.json"
    whole = lock.read_bytes()
    for content in (b"", b"[]", b"{}", whole.replace(b'"source.json"', b"3")):
        lock.write_bytes(content)
        assert read_lock(project) is None
    assert track(project) == 0
    output = capsys.readouterr().out
    assert last_line(output) == "verdict: unchanged"
    assert "Changed: openapi/spec.lock.json." in output
    assert pictures(project, digest) == before


def test_generating_renews_the_lock(project: Path, command: Command) -> None:
    """Making the client anew by hand brings the lock file along, unless it belongs to another document."""
    with (project / "openapi" / "generator.yaml").open("a") as file:
        file.write("# more\n")
    assert standing(project) is None
    document, out = project / "openapi/vouchers.json", project / "generated"
    arguments = ["--spec", document, "--out", out, "--config", project / "openapi/generator.yaml"]
    for _ in range(2):
        done = command("generate", *map(str, arguments))
        assert done.returncode == 0, done.stderr
        assert standing(project) is not None
    lock = read_lock(project)
    save(document, larger())
    assert command("generate", *map(str, arguments)).returncode == 0
    assert read_lock(project) == lock


def test_the_projects_own_lock() -> None:
    """The lock file of this repository belongs to its document, its client, and the tools that it pins."""
    assert standing(ROOT) is not None


def test_another_order_without_a_lock(project: Path, digest: Digest) -> None:
    """The order of keys is no reason to write the document anew, whoever compares."""
    before = pictures(project, digest)
    (project / "openapi" / "spec.lock.json").unlink()
    (project / "source.json").write_text(json.dumps(small(), sort_keys=True))
    assert track(project) == 0
    after = pictures(project, digest)
    assert {**after[0], "spec.lock.json": ""} == {**before[0], "spec.lock.json": ""}
    assert after[1] == before[1]


@pytest.mark.unmeasured
def test_secret_addresses(project: Path, server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    """A token reaches the server, and neither the screen, nor the lock file, nor the report."""
    address = server.url("/x.json?token=pa55word").replace("://", "://me:pa55word@")
    for _ in range(2):
        assert track(project, "--source", address) == 0
        assert server.asked[-1][0] == "/x.json?token=pa55word"
        assert "If-None-Match" not in server.asked[-1][1]
    server.status = 404
    assert track(project, "--source", address) == 3
    assert "pa55word" not in "".join(capsys.readouterr())
    reports = [file for file in (project / "report").rglob("*") if file.is_file()]
    for file in [*(project / "openapi").iterdir(), *reports]:
        assert "pa55word" not in file.read_text(encoding="utf-8")


def test_page(project: Path, server: Server) -> None:
    """A documentation page holds the document in its fenced block."""
    page = "# Ping\n\n````yaml /openapi/vouchers.json get /v1/ping\n" + json.dumps(larger()) + "\n````\n"
    server.headers, server.body = {"Content-Type": "text/markdown; charset=utf-8"}, page.encode()
    assert track(project, "--source", server.url("/api-reference/ping.md")) == 0
    assert (project / "generated/voucherify_client/api/ping/ping.py").is_file()


def test_refused_answers(
    project: Path, server: Server, digest: Digest, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the network gives instead of the document changes nothing."""
    server.length = str(len(server.body) + 1)
    assert "could not be fetched" in refuse(project, digest, capsys, "--source", server.url())
    server.length, server.body = None, b"<!doctype html>"
    assert "HTML" in refuse(project, digest, capsys, "--source", server.url())
    server.body = vendored(larger())
    assert "--max-size" in refuse(project, digest, capsys, "--source", server.url(), "--max-size", "1000")


# Whole or not at all


KILLED = """
import os, signal, sys
from scripts.track import main

function, root = sys.argv[1:3]

def look(frame, event, argument):
    if event == "call" and frame.f_code.co_name == function and "scripts" in frame.f_code.co_filename:
        os.kill(os.getpid(), signal.SIGKILL)

sys.setprofile(look)
main(["--root", root, "--no-wrapper-tests"])
"""

STEPS = [
    "opened", "fetch", "parse", "compare", "prepare", "generate", "_format", "audit", "compare_packages",
    "broken_promises", "write_reports", "commit", "_decide", "_carry_out", "_show",
]  # fmt: skip


@pytest.mark.unmeasured
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_each_step(project: Path, step: str) -> None:
    """Killed as any of its steps begins, an update leaves the old state or the new one, whole."""
    save(project / "source.json", larger())
    program = [sys.executable, "-c", KILLED, step, str(project)]
    assert subprocess.run(program, capture_output=True, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    recover(project)
    lock = standing(project)
    assert lock is not None
    assert lock.operations == (2 if step in ("_carry_out", "_show") else 1)
    assert len(list((project / "changelog.d").iterdir())) == lock.operations
    with opened(project):
        assert {file.name for file in (project / HOME).iterdir()} <= {"previous", "work"}


def check_whole(project: Path, command: Command) -> None:
    """Check that document, client and lock belong together, as the next command finds them."""
    done = command(
        "generate", "--check", "--spec", project / "openapi/vouchers.json", "--out", project / "generated"
    )
    assert done.returncode == 0, done.stderr
    assert not interrupted(project)
    lock = read_lock(project)
    assert lock is not None
    assert lock.operations == len(json.loads((project / "openapi/vouchers.json").read_text())["paths"])


KILLED_WHILE_SWAPPING = """
import os, signal, sys
from scripts.track import main
from tests.scripts.changing import Counting

class Killed(Counting):
    def exchange(self, one, other):
        super().exchange(one, other)
        if other.name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGKILL)

main(["--root", sys.argv[2], "--no-wrapper-tests"], files=Killed())
"""


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("place", "following"),
    [
        ("report", "generate"), ("vouchers.json", "track"), ("spec.lock.json", "rollback"),
        ("voucherify_client", "generate"),
    ],
)  # fmt: skip
def test_killed_between_two_places(project: Path, place: str, following: str, command: Command) -> None:
    """Killed between two exchanges, the update is finished by whatever command comes next."""
    save(project / "source.json", larger())
    program = [sys.executable, "-c", KILLED_WHILE_SWAPPING, place, str(project)]
    assert subprocess.run(program, capture_output=True, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert interrupted(project)
    with pytest.raises(FailedError, match="without --dry-run finishes it first"):
        track(project, "--dry-run")
    if following == "generate":
        paths = [project / "openapi/vouchers.json", project / "generated"]
        done = command("generate", "--spec", paths[0], "--out", paths[1])
    else:
        done = command("track", "--root", project, *(["--rollback"] if following == "rollback" else []))
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("Finishing an update that was cut off.\n")
    check_whole(project, command)
    operations = json.loads((project / "openapi/vouchers.json").read_text())["paths"]
    assert len(operations) == (1 if following == "rollback" else 2)


def test_rollback(project: Path, digest: Digest, capsys: pytest.CaptureFixture[str]) -> None:
    """The state before the last update comes back, fragment and report too; a second time there is none."""
    before = [*pictures(project, digest), digest(project / "report"), digest(project / "changelog.d")]
    save(project / "source.json", larger())
    track(project)
    assert track(project) == 0  # unchanged: the report is another one
    capsys.readouterr()
    assert main(["--root", str(project), "--rollback"]) == 0
    assert "Back at the state before the last update" in capsys.readouterr().out
    after = [*pictures(project, digest), digest(project / "report"), digest(project / "changelog.d")]
    assert after == before
    with pytest.raises(FailedError, match="no update to go back to"):
        main(["--root", str(project), "--rollback"])


@pytest.mark.unmeasured
def test_full_disk(project: Path, digest: Digest) -> None:
    """Where the system takes no more while all is put in place, everything is as it was."""
    save(project / "source.json", larger())
    before = [*pictures(project, digest), digest(project / "report")]

    def refuse() -> None:
        raise OSError(28, "No space left on device", "somewhere")

    for at in (1, 10, 45):
        with pytest.raises(FailedError, match=r"No space left on device\. Nothing was changed\."):
            main(["--root", str(project), "--no-wrapper-tests"], files=Counting(at, refuse))
        assert [*pictures(project, digest), digest(project / "report")] == before


def test_no_place_for_the_reports(project: Path, digest: Digest) -> None:
    """Where no more can be written while the update is made, the message says that nothing changed."""
    (project / "source.json").write_bytes(b"{")
    before = digest(project)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handled = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
        with pytest.raises(FailedError, match=r"File too large\. Nothing was changed\."):
            track(project)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handled)
    assert digest(project) == before


@pytest.mark.unmeasured
def test_two_at_once(project: Path, command: Command) -> None:
    """A second run waits for the first, says so, and then goes from its state."""
    first, second = (
        save(project / name, make()) for name, make in (("a.json", larger), ("b.json", narrower))
    )
    arguments = [sys.executable, "-m", "scripts.track", "--root", project, "--no-wrapper-tests", "--source"]
    with started([*arguments, first]) as one, started([*arguments, second]) as other:
        said_by = [process.communicate() for process in (one, other)]
        assert [one.returncode, other.returncode] == [0, 0]
    assert sum(f"{project / HOME}; waiting for it" in errors for _, errors in said_by) == 1
    check_whole(project, command)
    assert (project / "openapi/vouchers.json").read_bytes() in (first.read_bytes(), second.read_bytes())
    assert len(list((project / "changelog.d").iterdir())) == 3


@contextmanager
def started(arguments: list[Any]) -> Iterator[subprocess.Popen[str]]:
    """Start a process that ends with the test."""
    process = subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ}
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_ctrl_c(project: Path, digest: Digest) -> None:
    """Ctrl-C ends a run with a word, and leaves nothing behind."""
    before = digest(project)
    with serving(Server()) as server:
        gone = server.url()
    assert gone
    import socket  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/x.json"
        command = [sys.executable, "-m", "scripts.track", "--root", project, "--source", address]
        with started(command) as process:
            connection, _ = listener.accept()
            connection.recv(1)
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate()
            connection.close()
    assert (process.returncode, output, errors) == (130, "", "track: interrupted.\n")
    assert digest(project) == before


# What is kept


def test_broken_document(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the kept document cannot be read, the message says which, and what to do."""
    (project / "openapi" / "vouchers.json").write_text("{")
    with pytest.raises(FailedError, match=r"bring it back from git.*openapi/vouchers.json"):
        track(project)
    assert capsys.readouterr().out == ""


def test_missing_client(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the client is missing, all of the new one counts as new."""
    shutil.rmtree(project / "generated")
    assert track(project) == 0
    assert last_line(capsys.readouterr().out) == "verdict: compatible"
    assert (project / "generated/voucherify_client/client.py").is_file()


def test_broken_client(project: Path) -> None:
    """Where the kept client is no Python, the message says which file, and how to mend it."""
    (project / "generated/voucherify_client/client.py").write_text("def")
    with pytest.raises(FailedError, match=r"`make generate` makes it anew\. .*client\.py"):
        track(project)


@pytest.mark.parametrize(
    ("text", "readable"), [("x = 1", True), ("def", False), ("\0", False), (None, False)]
)
def test_what_lacks_something_may_still_be_read(tmp_path: Path, text: str | None, readable: bool) -> None:  # noqa: FBT001 - a parameter
    """A client that did not become whole says more only if all of it is Python."""
    if text is not None:
        (tmp_path / "inner").mkdir()
        (tmp_path / "__init__.py").touch()
        (tmp_path / "inner" / "x.py").write_text(text)
    assert can_be_read(tmp_path) == readable


@pytest.mark.unmeasured
def test_same_bytes_on_every_run(project: Path, tmp_path: Path, digest: Digest) -> None:
    """Two projects that follow the same source have the same bytes, reports too."""
    other = shutil.copytree(project, tmp_path / "a longer name")
    for root in (project, other):
        save(root / "source.json", narrower())
        track(root)
    for part in (*KEPT, "report", "changelog.d"):
        assert digest(project / part) == digest(other / part)
