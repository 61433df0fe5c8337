"""The command line as a whole, and `voucherify release`: exit codes, JSON, help, completion."""

from __future__ import annotations

import ast
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.commands import COMMAND, environment, voucherify
from voucherify_wrapper import (
    AuthenticationError,
    ClientClosedError,
    ConfigurationError,
    JournalError,
    RateLimit,
    ReleasesStoppedError,
    VoucherifyError,
)
from voucherify_wrapper.cli import main
from voucherify_wrapper.cli._exits import exit_code_of
from voucherify_wrapper.sandbox import Fault

if TYPE_CHECKING:
    from voucherify_wrapper.sandbox import Sandbox

CODE = "2CpRCE2c"
WRAPPER = Path(__file__).parents[2] / "voucherify_wrapper"


def document(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one JSON document that a command wrote, and nothing besides."""
    assert done.stderr == ""
    [line] = done.stdout.splitlines()
    told: dict[str, Any] = json.loads(line)
    return told


def test_a_session_is_released(voucherify_sandbox: Sandbox) -> None:
    """The exit code is 0, and a sentence says what was done."""
    key = voucherify_sandbox.lock(CODE)
    done = voucherify("release", CODE, key, to=voucherify_sandbox)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"Released: the session {key} of the voucher {CODE}.\n"
    assert voucherify_sandbox.released == [(CODE, key)]


def test_a_result_can_be_read_by_programs(voucherify_sandbox: Sandbox) -> None:
    """With --json a release is one line of JSON with all that the result knows."""
    key = voucherify_sandbox.lock(CODE)
    done = voucherify("release", CODE, key, "--json", to=voucherify_sandbox)

    assert done.returncode == 0
    told = document(done)
    assert (told["code"], told["session_key"], told["status"]) == (CODE, key, "released")
    assert (told["confirmed"], told["attempts"], told["rate_limit"]["remaining"]) == (True, 1, None)


def test_a_session_that_is_gone_fails_unless_it_may_be_missing(voucherify_sandbox: Sandbox) -> None:
    """It is exit code 1 with the reason, and 0 with --missing-ok."""
    key = voucherify_sandbox.lock(CODE)
    voucherify("release", CODE, key, to=voucherify_sandbox)
    gone = voucherify("release", CODE, key, to=voucherify_sandbox)
    excused = voucherify("release", CODE, key, "--missing-ok", to=voucherify_sandbox)

    assert (gone.returncode, gone.stdout) == (1, "")
    assert "no such validation session" in gone.stderr
    assert "The voucher is there, so it is not the code. Where a session may be gone already" in gone.stderr
    assert (excused.returncode, excused.stderr) == (0, "")
    assert excused.stdout == f"Already gone: the voucher {CODE} has no session {key} any more.\n"


WHOLE = "ssn_yQGMTeKBSw8OOuFPwlBEjzGy8d8VA9Ts"


@pytest.mark.parametrize(
    ("key", "doubt"),
    [
        (f"{WHOLE} ", "The key is given with a blank at an end: trim it."),
        (f"\u200b{WHOLE}", "The key is given with an invisible character (U+200B) at an end: drop it."),
        (f"'{WHOLE}'", "The key is given in quotation marks of its own: take them away."),
        ("my%2Fkey", "The key is written as in a URL: give it with the characters that its %… stand for."),
        (WHOLE[:-1], "this one, of 35 characters, is not: see whether it was copied whole."),
        (WHOLE.upper(), "this one, of 36 characters, is not: see whether it was copied whole."),
        (WHOLE[4:], "The key looks like one of Voucherify's own without the ssn_ that it begins with."),
    ],
)
def test_a_key_that_is_not_as_it_was_given_is_doubted(
    voucherify_sandbox: Sandbox, capsys: pytest.CaptureFixture[str], key: str, doubt: str
) -> None:
    """Where the session is not found, and where that passes for a success."""
    settings = voucherify_sandbox.environment()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        strict, failed = main(["release", CODE, key]), capsys.readouterr().err
        excused, passed = main(["release", CODE, key, "--missing-ok"]), capsys.readouterr().out

    assert (strict, excused) == (1, 0)
    assert "The voucher is there, so it is not the code." in failed
    assert failed.endswith(f"{doubt}\n")
    assert passed.endswith(f"{doubt}\n")
    assert "--missing-ok" not in failed


@pytest.mark.parametrize(
    ("code", "key", "doubt"),
    [
        (WHOLE, CODE, f"and then the key. Try: voucherify release {CODE} {WHOLE}"),
        (WHOLE, "-my code", f"and then the key. Try: voucherify release -- '-my code' {WHOLE}"),
        (WHOLE, "my  code", "and then the key. Try: voucherify release CODE KEY"),
        (WHOLE, WHOLE, "It begins with ssn_, as keys do: the voucher's code comes first, and then the key."),
        (f" {CODE}", WHOLE, "The code is given with a blank at an end: trim it."),
        (f"{CODE}\n", WHOLE, "The code is given with a blank at an end: trim it."),
        (f'"{CODE}"', WHOLE, "The code is given in quotation marks of its own: take them away."),
        ("10%20off", WHOLE, "The code is written as in a URL: give it with the characters that its"),
        ("unknown", WHOLE, "the project that holds the voucher."),
    ],
)
def test_a_code_that_is_not_as_it_was_given_is_doubted(
    voucherify_sandbox: Sandbox, code: str, key: str, doubt: str
) -> None:
    """Swapped with the key, padded, or copied from a URL; programs are told as well."""
    done = voucherify("release", "--", code, key, to=voucherify_sandbox)
    told = voucherify("release", "--json", "--", code, key, to=voucherify_sandbox)

    assert done.returncode == told.returncode == 1
    assert doubt in done.stderr
    assert doubt in document(told)["error"]["message"]


def test_what_a_terminal_types_is_taken_in_any_locale(voucherify_sandbox: Sandbox) -> None:
    """As UTF-8, where the locale does not say; what is none is refused."""
    voucherify_sandbox.add_voucher("für")
    key = voucherify_sandbox.lock("für")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = voucherify("release", "für", key, to=voucherify_sandbox, **plain)
    refused = voucherify("release", "f\udcfcr", key, to=voucherify_sandbox)

    assert (done.returncode, done.stdout) == (0, f"Released: the session {key} of the voucher f\\xfcr.\n")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "voucherify: The code is not UTF-8 text; see how the terminal is set.\n"


def test_a_lost_answer_is_told_as_one(voucherify_sandbox: Sandbox) -> None:
    """Where the server did not say itself that it released, the operator is told."""
    key = voucherify_sandbox.lock(CODE)
    voucherify_sandbox.inject(Fault(after_bytes=0, end="reset", acts=True))
    done = voucherify("release", CODE, key, to=voucherify_sandbox)

    assert done.returncode == 0
    assert "Most likely" in done.stdout


def test_an_error_can_be_read_by_programs(voucherify_sandbox: Sandbox) -> None:
    """With --json a failure is a document as well, with the exit code in it and the server's own words."""
    done = voucherify("release", CODE, "ssn_gone", "--json", to=voucherify_sandbox)

    told = document(done)["error"]
    assert done.returncode == told["exit_code"] == 1
    assert (told["type"], told["status"], told["attempts"]) == ("SessionNotFoundError", 404, 1)
    assert told["may_have_acted"] is False


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, ""),
        (["no-such-command"], 2, "No such command 'no-such-command'"),
        (
            ["release", "-CODE", "k"],
            2,
            "begins with a hyphen and is no option stands behind --. ('voucherify",
        ),
        (["release", CODE], 2, "Missing argument 'KEY'. ('voucherify release --help'"),
        (["release", CODE, ""], 2, "session_key"),
        (["release", CODE, "k", "--timeout", "0"], 2, "--timeout"),
        (["release", CODE, "k", "--timeout", "nan"], 2, "nan is no number"),
        (["release", CODE, "k", "--cluster", "moon"], 3, "no such cluster"),
        (["release", CODE, "k", "--profile", "none"], 3, "there is no such file"),
        (["release", CODE, "k", "--base-url", "http://shop.example"], 3, "loopback"),
    ],
)
def test_what_cannot_be_run_is_told(
    voucherify_sandbox: Sandbox, arguments: list[str], code: int, said: str
) -> None:
    """Wrong usage is exit code 2, wrong settings are 3; nothing is sent, and no traceback shown."""
    done = voucherify(*arguments, to=voucherify_sandbox)

    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert voucherify_sandbox.requests == []


def test_wrong_usage_can_be_read_by_programs() -> None:
    """With --json even a command that cannot be parsed answers with a document; behind -- it is a code."""
    asked = voucherify("release", "--json")
    meant = voucherify("release", "--", "--json")

    assert document(asked)["error"]["exit_code"] == asked.returncode == 2
    assert (meant.returncode, meant.stdout) == (2, "")


@pytest.mark.parametrize("arguments", ["release v", "release v k", "profiles list"])
def test_a_document_that_cannot_be_written_is_told_as_a_line(arguments: str) -> None:
    """Be it an error's or a result's: the exit code is 1, and there is no traceback."""
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >/dev/full', "sh", *COMMAND, *arguments.split(), "--json"],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    said = "voucherify: Standard output cannot be written (No space left on device).\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_missing_credentials_are_told() -> None:
    """It is exit code 3, and says where was looked."""
    done = voucherify("release", CODE, "k")

    assert done.returncode == 3
    assert "VOUCHERIFY_APP_ID" in done.stderr


def test_refused_credentials_are_an_exit_code_and_no_secret_is_shown(voucherify_sandbox: Sandbox) -> None:
    """A key that is not accepted is 3, and neither half of it is in any output."""
    secrets = {"VOUCHERIFY_APP_ID": "id-3141592653", "VOUCHERIFY_APP_TOKEN": "token-2718281828"}
    for arguments in (["release", CODE, "k"], ["release", CODE, "k", "--json"]):
        done = voucherify(*arguments, to=voucherify_sandbox, **secrets)

        assert done.returncode == 3
        assert not [secret for secret in secrets.values() if secret in done.stdout + done.stderr]


def test_what_a_server_says_does_not_steer_the_terminal(voucherify_sandbox: Sandbox) -> None:
    """Codes with control characters, or that the terminal cannot show, are shown without them."""
    code = "\x1b[31mrot für €"
    voucherify_sandbox.add_voucher(code)
    key = voucherify_sandbox.lock(code)
    done = voucherify("release", code, key, to=voucherify_sandbox, PYTHONIOENCODING="ascii")

    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert r"rot f\xfcr \u20ac" in done.stdout


def test_an_interrupted_release_is_stopped_early(voucherify_sandbox: Sandbox) -> None:
    """Ctrl-C ends a command that waits with exit code 4, and no traceback."""
    voucherify_sandbox.inject(Fault(after_bytes=0, end="hang"))
    with subprocess.Popen(
        [*COMMAND, "release", CODE, "ssn_1"],
        env=environment(voucherify_sandbox.environment()),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not voucherify_sandbox.requests:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)

    assert (process.returncode, said) == (4, "voucherify: interrupted.\n")


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """Help lists the commands and the exit codes, and each command its options."""
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert "Exit codes" in told
    assert "release" in told
    assert "sandbox" in told
    assert main(["release", "--help"]) == 0
    assert "--json" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """It is the package's."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "voucherify 0.1.0\n"


def test_the_shell_completes_commands_and_clusters() -> None:
    """Completion is Typer's own; what it offers for a cluster are the clusters."""
    commands = voucherify(_VOUCHERIFY_COMPLETE="complete_bash", COMP_WORDS="voucherify rel", COMP_CWORD="1")
    clusters = voucherify(
        _VOUCHERIFY_COMPLETE="complete_bash", COMP_WORDS="voucherify release --cluster ", COMP_CWORD="3"
    )

    assert "release" in commands.stdout.split()
    assert clusters.stdout.split() == ["api", "us1.api", "as1.api"]


@pytest.mark.parametrize(
    ("missing", "arguments", "extra"),
    [("typer", ["release"], "cli"), ("rich", [], "cli"), ("uvicorn", ["sandbox"], "sandbox")],
)
def test_a_missing_extra_is_told_kindly(missing: str, arguments: list[str], extra: str) -> None:
    """Without its extra a command says what to install, with exit code 3 and no traceback."""
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        f"from voucherify_wrapper.cli import main; sys.exit(main({arguments!r}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 3
    assert f"pip install 'voucherify-wrapper[{extra}]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_sandbox_is_handed_over_to(voucherify_sandbox: Sandbox) -> None:
    """Its own options reach it, its usage errors are exit code 2, and --json tells the variables to use."""
    helped = voucherify("sandbox", "--help")
    refused = voucherify("sandbox", "--port", "x")
    key = voucherify_sandbox.lock(CODE)
    with subprocess.Popen(
        [*COMMAND, "sandbox", "--voucher", CODE, "--json"],
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        variables = json.loads(process.stdout.readline())
        done = voucherify("release", CODE, key, **variables)
        process.send_signal(signal.SIGTERM)

    assert (helped.returncode, refused.returncode, process.returncode) == (0, 2, 0)
    assert "usage: voucherify sandbox" in helped.stdout
    assert "To have sessions to release, lock vouchers" in helped.stdout
    assert (done.returncode, voucherify_sandbox.released) == (1, [])


def refused() -> AuthenticationError:
    context: dict[str, Any] = {
        "method": "DELETE",
        "url": "https://h",
        "attempts": 1,
        "headers": {},
        "body": "",
    }
    return AuthenticationError(
        "no", status=401, fields={}, rate_limit=RateLimit(), request_id=None, **context
    )


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (VoucherifyError("something"), 1),
        (ClientClosedError("closed"), 2),
        (ConfigurationError("missing"), 3),
        (refused(), 3),
        (ReleasesStoppedError("refused", cause=refused()), 3),
        (ReleasesStoppedError("no settings", cause=ConfigurationError("missing")), 3),
        (ReleasesStoppedError("no quota"), 4),
        (JournalError("in use"), 4),
        (KeyboardInterrupt(), 4),
    ],
)
def test_every_kind_of_end_has_its_exit_code(error: BaseException, code: int) -> None:
    """Credentials that are not accepted are 3 wherever they show; what ended before its end is 4."""
    assert exit_code_of(error) == code


def test_nothing_of_the_library_imports_the_command_line() -> None:
    """Importing the package never costs Typer and Rich."""
    for path in WRAPPER.rglob("*.py"):
        if "cli" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
                for name in [module, *names]:
                    assert name.split(".")[0] not in ("typer", "rich"), path
                    assert "cli" not in name.split("."), path
