"""The generated client is whole, the same on every run, and takes the old one's place in one step."""

from __future__ import annotations

import ast
import contextlib
import fcntl
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scripts import generate, generator
from scripts.generate import GenerationError, differences, make_package
from scripts.generator import MARK, one_line, read_configuration
from scripts.source import vendored
from scripts.swap import staged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scripts.conftest import Command, Digest

ROOT = Path(__file__).resolve().parents[2]
VENDORS_FILES = ROOT.parent / "shared" / "specs"


def operation(name: str, **more: Any) -> dict[str, Any]:
    """Make an operation without a body."""
    return {"operationId": name, "responses": {"204": {"description": "Done."}}, **more}


def document(paths: dict[str, Any] | None = None, schemas: dict[str, Any] | None = None) -> dict[str, Any]:
    """Make a small document."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "Small", "version": "1"},
        "paths": paths or {"/things": {"get": operation("list-things")}},
        "components": {"schemas": schemas or {}},
    }


REFERENCE = {"$ref": "#/components/schemas/Thing"}
JSON_OF = {"application/json": {"schema": REFERENCE}}
LARGER = document(
    {
        "/things/{thing-id}": {
            "parameters": [
                {"name": "thing-id", "in": "path", "required": True, "schema": {"type": "string"}}
            ],
            "get": operation(
                "get-thing", tags=["dist"], responses={"200": {"description": "x", "content": JSON_OF}}
            ),
            "delete": operation("drop-thing", tags=["dist", "Größe"]),
        },
        "/things": {
            "post": operation(
                "make-thing",
                description='One line.\r\nAnother one, with \\d and """ and \u2028.\rThe last.',
                parameters=[
                    {"name": "after", "in": "query", "schema": {"type": "string", "format": "date-time"}},
                    {"name": "order", "in": "query", "schema": {"type": "string", "enum": ["id", "-id"]}},
                ],
                requestBody={"content": JSON_OF},
            )
        },
    },
    {
        "Thing": {
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "kind": {"type": "string", "enum": ["small", "large"]},
                "parts": {"type": "array", "items": REFERENCE},
                "owner": {"oneOf": [{"$ref": "#/components/schemas/Owner"}, {"type": "string"}]},
                "metadata": {"type": "object", "additionalProperties": True},
            },
        },
        "Owner": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
    },
)
LARGER["info"]["title"] = "Larger\rthan small"

UNSENDABLE = document({"/things": {"get": operation("get-things", security=[{"card": []}])}})
UNSENDABLE["components"]["securitySchemes"] = {"card": {"type": "mutualTLS"}}
"""It asks for something that no client of ours can send."""

UNWRITABLE = document({"/things": {"get": operation("get-things", tags=["t" * 300])}})
"""No file system has a place for its folder."""


def save(folder: Path, content: object, name: str = "document.json") -> Path:
    """Write a document."""
    file = folder / name
    file.write_text(json.dumps(content))
    return file


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A client that was generated from `document()`, for tests to copy."""
    folder = tmp_path_factory.mktemp("generated")
    configuration = read_configuration(generate.CONFIGURATION)
    with staged(folder / configuration.package) as staging:
        staging.install(make_package(document(), configuration, staging.folder).package)
    return folder


@pytest.fixture
def kept(tmp_path: Path, generated: Path) -> Path:
    """A folder with a client that was generated before, from the file `document.json` beside it."""
    save(tmp_path, document())
    return shutil.copytree(generated, tmp_path / "out")


# The same, whole


def test_kept_client_is_what_the_document_generates(command: Command) -> None:
    """`generated/` is what the kept document generates, byte by byte."""
    done = command("generate", "--check")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_client_names_its_document(tmp_path: Path) -> None:
    """By title, version and the hash of the file that is kept, whatever they hold; nothing of them runs."""
    hostile = {**document(), "info": {"title": 'a"""\n{{ x }}\\', "version": "'}; import os #"}}
    read_only = read_configuration(ROOT / "openapi" / "generator.yaml")
    text = (make_package(hostile, read_only, tmp_path).package / "__init__.py").read_text(encoding="utf-8")
    [assigned] = [node for node in ast.parse(text).body if "__specification__" in ast.dump(node)]
    assert isinstance(assigned, ast.Assign)
    assert ast.literal_eval(assigned.value) == {
        **hostile["info"],
        "sha256": hashlib.sha256(vendored(hostile)).hexdigest(),
    }


@pytest.mark.unmeasured
def test_same_bytes_in_every_environment(tmp_path: Path, command: Command, digest: Digest) -> None:
    """Hash seed, folder, umask, locale, time zone, git and the user's formatter settings change nothing."""
    spec = save(tmp_path, LARGER)
    config = tmp_path / "config" / "ruff"
    config.mkdir(parents=True)
    (config / "ruff.toml").write_text("line-length = 40\nindent-width = 2\n")
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 40\n")
    (tmp_path / ".gitignore").write_text("*\n")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    pictures = []
    for number, name in enumerate(["plain", "with blanks, ä and 'quotes'", "dist"]):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": str(number),
            "TZ": ["UTC", "Asia/Tokyo", "America/New_York"][number],
            "LC_ALL": ["C.UTF-8", "C", "POSIX"][number],
            "XDG_CONFIG_HOME": str(tmp_path / ["none", "config", "config"][number]),
            "RUFF_OUTPUT_FILE": str(tmp_path / "cache"),
            "RUFF_CACHE_DIR": str(tmp_path / "cache"),
        }
        here = tmp_path / f"cwd{number}"
        here.mkdir()
        out = tmp_path / name
        umask = [0o022, 0o077, 0][number]
        done = command("generate", "--spec", spec, "--out", out, cwd=here, env=environment, umask=umask)
        assert (done.returncode, done.stderr) == (0, "")
        assert list(here.iterdir()) == []
        pictures.append(digest(out))
    assert pictures[0] == pictures[1] == pictures[2]
    assert {mode.split()[0] for mode in pictures[0].values()} == {"0o100644", "0o40755"}
    assert {"dist", "py.typed"} <= {Path(name).name for name in pictures[0]}
    assert not (tmp_path / "cache").exists()
    settings = ["--isolated", "--no-cache", "--config", "line-length = 120", "--config", "exclude = []"]
    formatted = [sys.executable, "-m", "ruff", "format", "--check", "--no-respect-gitignore", *settings]
    subprocess.run([*formatted, out], check=True, stdout=subprocess.DEVNULL)


def test_lines_end_with_line_feeds(tmp_path: Path, command: Command) -> None:
    """Carriage returns in the document do not reach the code as such."""
    out = tmp_path / "out"
    assert command("generate", "--spec", save(tmp_path, LARGER), "--out", out).returncode == 0
    assert not [file for file in out.rglob("*.py") if b"\r" in file.read_bytes()]
    assert "\n    Another one" in next(out.rglob("make_thing.py")).read_text(encoding="utf-8")


def test_formatter_writes_line_feeds(tmp_path: Path) -> None:
    """Whatever ends a module's lines, the formatter leaves line feeds, within texts too."""
    (tmp_path / "module.py").write_bytes(b'"""One\rtwo\r\nthree."""\r\nx   = 1\r')
    assert generate._format(tmp_path, []) == []
    assert (tmp_path / "module.py").read_bytes() == b'"""One\ntwo\nthree."""\n\nx = 1\n'


@pytest.mark.unmeasured
def test_old_files_do_not_stay(kept: Path, tmp_path: Path, command: Command, digest: Digest) -> None:
    """What the new document does not have is gone from the client."""
    spec = save(tmp_path, LARGER)
    done = command("generate", "--spec", spec, "--out", kept)
    assert (done.returncode, done.stderr) == (0, "")
    count = len([entry for entry in kept.rglob("*") if entry.is_file()])
    assert (
        done.stdout
        == f"{kept / 'voucherify_client'}: {count} files generated from {spec}, with 3 of 3 operations.\n"
    )
    assert not list(kept.rglob("list_things.py"))
    fresh = tmp_path / "fresh"
    command("generate", "--spec", spec, "--out", fresh)
    assert digest(kept) == digest(fresh)


# Whole or not at all


@pytest.mark.parametrize(
    ("content", "findings"),
    [
        (UNSENDABLE, ["one finding", "- /components/securitySchemes/card: "]),
        (UNWRITABLE, ["one finding", "File name too long"]),
    ],
)
def test_any_finding_keeps_the_old_client(
    kept: Path, tmp_path: Path, command: Command, digest: Digest, content: object, findings: list[str]
) -> None:
    """A promise that is not kept, or an end on the way, fails the run, is listed, and changes nothing."""
    before = digest(kept)
    done = command("generate", "--spec", save(tmp_path, content), "--out", kept)
    assert (done.returncode, done.stdout) == (1, "")
    for finding in findings:
        assert finding in done.stderr
    assert "Traceback" not in done.stderr
    assert "UntrustedString" not in done.stderr
    assert digest(kept) == before


def test_report_tells_what_came_of_the_document(tmp_path: Path, command: Command) -> None:
    """The report counts what was promised and kept, and lists what was done to the document."""
    content = document(schemas={"Thing": {"type": "object", "properties": {"a": {"type": "array"}}}})
    report = tmp_path / "report.json"
    spec = save(tmp_path, content)
    done = command("generate", "--spec", spec, "--out", tmp_path / "out", "--report", report)
    told = json.loads(report.read_text())
    assert done.returncode == 0
    assert told["counts"]["operation"] == {"in": 1, "out": 1}
    assert told["counts"]["property"] == {"in": 1, "out": 1}
    assert told["lost"] == told["loosened"] == told["renamed"] == []
    assert [note["pointer"] for note in told["repaired"]] == ["/components/schemas/Thing/properties/a"]
    assert "with 1 of 1 operations (1 repaired: --report FILE lists them)" in done.stdout


def test_report_of_a_failed_run(kept: Path, tmp_path: Path, command: Command, digest: Digest) -> None:
    """When something is lost the report says what, and the client stays as it was."""
    before = digest(kept)
    report = tmp_path / "report.json"
    done = command("generate", "--spec", save(tmp_path, UNSENDABLE), "--out", kept, "--report", report)
    (lost,) = json.loads(report.read_text())["lost"]
    assert done.returncode == 1
    assert lost["pointer"] == "/components/securitySchemes/card"
    assert digest(kept) == before


def test_report_of_a_run_without_end(tmp_path: Path, command: Command) -> None:
    """A run that did not come to the comparison writes no report, and an old one stays."""
    report = tmp_path / "report.json"
    report.write_text("old")
    spec = save(tmp_path, UNWRITABLE)
    assert command("generate", "--spec", spec, "--out", tmp_path / "out", "--report", report).returncode == 1
    assert report.read_text() == "old"


def test_report_that_cannot_be_written(kept: Path, tmp_path: Path, command: Command, digest: Digest) -> None:
    """A report that is a folder, or in none, is refused before anything is done."""
    before = digest(kept)
    spec = save(tmp_path, LARGER)
    for report in (tmp_path, tmp_path / "none" / "report.json"):
        done = command("generate", "--spec", spec, "--out", kept, "--report", report)
        assert (done.returncode, digest(kept)) == (2, before)
        assert str(report) in done.stderr


def test_generator_that_crashes(tmp_path: Path) -> None:
    """A crash of the generator is one finding, with its place."""
    content = document(schemas={"E": {"type": "string", "enum": ["a", "A"]}})
    settings = {"package_name_override": "client", "literal_enums": False}
    made = generator.generate(content, generator.Configuration("client", settings), tmp_path / "project")
    (finding,) = made.findings
    assert finding.startswith("The generator crashed (enum_property.py, line ")
    assert not made.complete


def make_modules(folder: Path, **modules: bytes) -> Path:
    """Write a package as the generator could have made it."""
    package = folder / "voucherify_client"
    package.mkdir(parents=True)
    for name, content in modules.items():
        (package / f"{name}.py").write_bytes(content)
    return package


def test_text_that_got_into_code(tmp_path: Path) -> None:
    """A text of the document that was not made harmless on its way into the code is found."""
    package = make_modules(tmp_path, a=b"x = 1", b=b'"""' + MARK.encode() + b'7>"""')
    (finding,) = generate._marked(package)
    assert finding.startswith("voucherify_client/b.py: ")


def test_generator_that_cannot_write(tmp_path: Path) -> None:
    """What the system refuses to the generator is a finding, with its place."""
    (tmp_path / "file").touch()
    configuration = read_configuration(generate.CONFIGURATION)
    project = tmp_path / "file" / "project"
    findings = generator.generate(document(), configuration, project).findings
    assert findings == [f"{project}: Not a directory."]


def test_linter_finds_nothing(tmp_path: Path) -> None:
    """The generated code imports what it uses, and nothing else, in the linter's order."""
    package = make_package(LARGER, read_configuration(generate.CONFIGURATION), tmp_path).package
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--no-respect-gitignore", "."]
    done = subprocess.run(command, cwd=package.parent, capture_output=True, text=True, check=False)
    assert "select" in (package.parent / "pyproject.toml").read_text()
    assert done.stdout == "All checks passed!\n"


def test_formatter_that_fails(tmp_path: Path) -> None:
    """A formatter that ends with an error is a finding, with what it said."""
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nline-length = 'long'\n")
    (finding,) = generate._format(tmp_path, [])
    assert finding.startswith("ruff format ended with 2: ")
    assert "line-length" in finding


def test_import_that_ends_the_process(tmp_path: Path) -> None:
    """A module that takes the whole process with it is a finding."""
    package = make_modules(tmp_path, __init__=b"import os, sys\nprint('bye', file=sys.stderr)\nos._exit(9)\n")
    with generate._importing(package, []) as imported:
        assert imported() == ["Importing the modules ended with 9: bye"]


def test_long_finding_is_cut() -> None:
    """A finding that quotes a whole schema is cut to a length that can be read."""
    assert len(one_line("x" * 100_000)) < 2100


# Input


@pytest.mark.parametrize(
    "content",
    [
        "",
        "a sentence",
        "{",
        '{"swagger": "2.0"}',
        '{"openapi": "3.0.3", "info": {}, "paths": {"/a": 1}}',
        None,
    ],
)
def test_unusable_document(
    kept: Path, tmp_path: Path, command: Command, digest: Digest, content: str | None
) -> None:
    """A file that is missing or holds no document ends with exit code 2 and one line."""
    before = digest(kept)
    spec = tmp_path / "spec.json"
    if content is not None:
        spec.write_text(content)
    done = command("generate", "--spec", spec, "--out", kept)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert str(spec) in done.stderr
    assert digest(kept) == before


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "package_name_override: a\nunheard_of: 1\npost_hooks: []\n",
            "not supported: post_hooks, unheard_of",
        ),
        ("literal_enums: true\n", "package_name_override must be a Python name"),
        ("package_name_override: a b\n", "package_name_override must be a Python name"),
        ("package_name_override: a\nhttp_timeout: soon\n", "http_timeout"),
        ("package_name_override: a\nliteral_enums: false\n", "literal_enums must be true"),
        ("- a\n", "where a mapping belongs"),
    ],
)
def test_unusable_configuration(tmp_path: Path, command: Command, text: str, reason: str) -> None:
    """Settings that the generator would pass over or misread are refused with exit code 2."""
    config = tmp_path / "generator.yaml"
    config.write_text(text)
    done = command("generate", "--out", tmp_path / "out", "--config", config)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert str(config) in done.stderr
    assert reason in done.stderr
    assert not (tmp_path / "out").exists()


def test_configuration_names_the_package(tmp_path: Path) -> None:
    """The configuration decides what the package is called, and reaches the generator."""
    config = tmp_path / "generator.yaml"
    config.write_text("package_name_override: other_client\nliteral_enums: true\n")
    folder = tmp_path / "work"
    folder.mkdir()
    package = make_package(LARGER, read_configuration(config), folder).package
    assert package.name == "other_client"
    assert "Literal" in (package / "models" / "thing_kind.py").read_text()


def test_findings_are_for_programs_too(tmp_path: Path) -> None:
    """A caller in Python gets the findings one by one."""
    with pytest.raises(GenerationError) as caught:
        make_package(UNSENDABLE, read_configuration(generate.CONFIGURATION), tmp_path)
    assert len(caught.value.findings) == 1
    assert caught.value.ledger is not None


# Checking


def test_check_names_every_difference(kept: Path, tmp_path: Path, command: Command, digest: Digest) -> None:
    """Files that differ, are missing or are extra are named, and nothing is written."""
    package = kept / "voucherify_client"
    (package / "client.py").write_text("changed")
    (package / "errors.py").unlink()
    (package / "extra.py").touch()
    (package / "types.py").rename(tmp_path / "types.py")
    (package / "types.py").symlink_to(tmp_path / "types.py")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "client.pyc").touch()
    before = digest(kept)
    done = command("generate", "--check", "--spec", tmp_path / "document.json", "--out", kept)
    assert done.returncode == 1
    assert done.stderr.splitlines()[1:] == [
        f"- {package / 'errors.py'}: missing",
        f"- {package / 'extra.py'}: extra",
        f"- {package / 'client.py'}: differs",
        f"- {package / 'types.py'}: differs",
    ]
    assert digest(kept) == before


def test_same_size_and_time_is_not_the_same_content(kept: Path, tmp_path: Path) -> None:
    """A file is compared by its bytes, even where size and time speak for it."""
    copy = shutil.copytree(kept, tmp_path / "copy")
    changed = copy / "voucherify_client" / "client.py"
    before = changed.stat()
    changed.write_bytes(changed.read_bytes()[::-1])
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert differences(kept, copy) == [f"{changed}: differs"]


def test_check_where_nothing_was_generated(tmp_path: Path, command: Command) -> None:
    """A client that is missing as a whole fails the check, and no folder is made."""
    out = tmp_path / "out"
    done = command("generate", "--check", "--spec", save(tmp_path, document()), "--out", out)
    assert done.returncode == 1
    assert f"{out / 'voucherify_client' / 'client.py'}: missing" in done.stderr
    assert not out.exists()


def test_compiled_modules_do_not_count(kept: Path, tmp_path: Path) -> None:
    """What importing the client leaves in it is no difference."""
    copy = tmp_path / "copy"
    shutil.copytree(kept, copy)
    (copy / "voucherify_client" / "api" / "__pycache__").mkdir()
    (copy / "voucherify_client" / "api" / "__pycache__" / "x.pyc").touch()
    assert differences(kept, copy) == []


# The system refuses


def test_target_that_is_no_folder(tmp_path: Path, command: Command, digest: Digest) -> None:
    """A file, a symbolic link or a file above the target is refused in one line, and stays."""
    spec = save(tmp_path, document())
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "voucherify_client").write_text("mine")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "voucherify_client").symlink_to(tmp_path)
    (tmp_path / "c").write_text("mine")
    before = digest(tmp_path)
    for name, reason in (("a", "is not a folder"), ("b", "is a symbolic link"), ("c", "File exists")):
        done = command("generate", "--spec", spec, "--out", tmp_path / name)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
        assert reason in done.stderr
    assert digest(tmp_path) == before


def test_folder_that_cannot_be_written(kept: Path, tmp_path: Path, digest: Digest) -> None:
    """Where the system lets nothing be written, one line says so, and the old client stands."""
    as_user = []
    if os.geteuid() == 0:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            pytest.skip("the superuser may write everywhere, and there is no setpriv to give that up")
        without = "-dac_override,-dac_read_search"
        as_user = [setpriv, "--bounding-set", without, "--inh-caps", without]
    before = digest(kept)
    kept.chmod(0o555)
    try:
        arguments = ["-m", "scripts.generate", "--spec", str(tmp_path / "document.json"), "--out", str(kept)]
        done = subprocess.run(
            [*as_user, sys.executable, *arguments],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        kept.chmod(0o755)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "Permission denied" in done.stderr
    assert digest(kept) == before


@pytest.mark.parametrize("size", [0, 100, 3000, 9000])
def test_disk_that_is_full(kept: Path, tmp_path: Path, command: Command, digest: Digest, size: int) -> None:
    """Files that cannot be written to their end fail the run, and the old client stands."""
    before = digest(kept)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    # Its own measurements could not be written either.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = command(
        "generate", "--spec", save(tmp_path, LARGER), "--out", kept,
        preexec_fn=limit, env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert digest(kept) == before


# Cut off


@contextlib.contextmanager
def running(spec: Path, out: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a run that can be ended at any time."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scripts.generate", "--spec", str(spec), "--out", str(out)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            process.kill()


def reach(process: subprocess.Popen[str], out: Path, pattern: str) -> None:
    """Wait until the run has made something, or has ended."""
    while process.poll() is None and not list(out.glob(pattern)):
        time.sleep(0.001)  # leaves the processor to the run


STATES = [
    ".voucherify_client.new",
    ".voucherify_client.new/project",
    ".voucherify_client.new/project/pyproject.toml",
    ".voucherify_client.new/project/voucherify_client/models/*.py",
    ".voucherify_client.new/project/voucherify_client/api/*/make_thing.py",
    "voucherify_client/api/*/make_thing.py",
]


@pytest.mark.unmeasured
@pytest.mark.parametrize("state", STATES)
def test_killed_run(kept: Path, tmp_path: Path, command: Command, digest: Digest, state: str) -> None:
    """Killed at whatever stage, a run leaves the old client or the new one, whole; the next run tidies up."""
    spec = save(tmp_path, LARGER, "larger.json")
    old = digest(kept / "voucherify_client")
    with running(spec, kept) as process:
        reach(process, kept, state)
        process.send_signal(signal.SIGKILL)
    left = digest(kept / "voucherify_client")
    assert command("generate", "--spec", spec, "--out", kept).returncode == 0
    new = digest(kept / "voucherify_client")
    assert left in (old, new)
    assert [entry.name for entry in kept.iterdir()] == ["voucherify_client"]


@pytest.mark.unmeasured
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("state", [STATES[0], STATES[3]])
def test_interrupted_run(
    kept: Path,
    tmp_path: Path,
    command: Command,
    digest: Digest,
    number: signal.Signals,
    code: int,
    state: str,
) -> None:
    """Ctrl-C and a request to end are answered with their exit codes, at once, and nothing is left."""
    spec = save(tmp_path, LARGER)
    assert command("generate", "--spec", spec, "--out", tmp_path / "done").returncode == 0
    done = digest(tmp_path / "done")
    for _ in range(20):  # until this process is not held up for so long that the run is over
        before = digest(kept)
        with running(spec, kept) as process:
            reach(process, kept, state)
            process.send_signal(number)
            ended = process.wait()
            assert process.stderr is not None
            assert "Traceback" not in process.stderr.read()
        if (ended, digest(kept)) == (code, before):
            return
        assert ended in (0, code, -number)  # the last: Python itself was about to end
        assert digest(kept) == done
    pytest.fail("The run was always over before the signal came.")


@pytest.mark.unmeasured
def test_two_runs_at_once(kept: Path, tmp_path: Path, command: Command) -> None:
    """Two runs follow one another; the second says that it waits, and both end well."""
    spec = save(tmp_path, LARGER)
    descriptor = os.open(kept, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with running(spec, kept) as first, running(spec, kept) as second:
        for process in (first, second):
            assert process.stderr is not None
            assert process.stderr.readline() == f"Another run is writing into {kept}; waiting for it.\n"
        os.close(descriptor)
        assert (first.wait(), second.wait()) == (0, 0)
    assert command("generate", "--check", "--spec", spec, "--out", kept).returncode == 0
    assert [entry.name for entry in kept.iterdir()] == ["voucherify_client"]
