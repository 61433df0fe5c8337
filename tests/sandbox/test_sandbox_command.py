"""`python -m voucherify_wrapper.sandbox`, as a process of its own."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from voucherify_wrapper.sandbox import Sandbox
from voucherify_wrapper.sandbox.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "voucherify_wrapper.sandbox"]
OWN = {"VOUCHERIFY_SANDBOX_APP_ID", "VOUCHERIFY_SANDBOX_APP_TOKEN"}


@contextmanager
def serving(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command until the block ends; gives the process and its banner."""
    inherited = {name: value for name, value in os.environ.items() if name not in OWN}
    with subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=PROJECT,
        env={**inherited, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            lines = []
            while line := process.stdout.readline():
                lines.append(line)
                if line.startswith("  -d "):
                    break
            yield process, "".join(lines)
        finally:
            process.kill()


def exports(banner: str) -> dict[str, str]:
    """Return the variables that the banner exports."""
    return dict(
        shlex.split(line)[1].split("=", 1) for line in banner.splitlines() if line.startswith("export ")
    )


def client(banner: str) -> httpx.Client:
    """Return a client made from the banner's variables."""
    variables = exports(banner)
    headers = {"X-App-Id": variables["VOUCHERIFY_APP_ID"], "X-App-Token": variables["VOUCHERIFY_APP_TOKEN"]}
    return httpx.Client(
        base_url=variables["VOUCHERIFY_BASE_URL"], headers=headers, trust_env=False, timeout=60
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(number: signal.Signals) -> None:
    """Ctrl-C and SIGTERM end it with status 0, nothing on stderr, the port closed."""
    with serving() as (process, banner), client(banner) as api:
        assert api.get("/v1/vouchers/2CpRCE2c").status_code == 200
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "")
        with pytest.raises(httpx.ConnectError):
            api.get("/v1/vouchers/2CpRCE2c")


@pytest.mark.skipif(shutil.which("curl") is None or shutil.which("sh") is None, reason="needs curl and sh")
def test_the_banner_can_be_pasted() -> None:
    """The export lines and the curl example work in a shell, whatever the voucher is called."""
    code = 'it\'s 50% "off" $HOME `x`'
    with serving("--voucher", code, "--app-id", "a'b", "--app-token", "$c;d") as (_, banner):
        _, _, commands = banner.partition("Ctrl-C.\n")
        script = commands.replace("Open a validation session:", "").replace("curl", "curl --noproxy '*' -sS")
        result = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
        assert '"valid":true' in result.stdout
        with client(banner) as api:
            (voucher,) = api.get("/_sandbox/state").json()["vouchers"]
            assert (voucher["code"], len(voucher["sessions"])) == (code, 1)


def test_vouchers_and_limits_are_read() -> None:
    """The last '=' parts code and limit if a limit follows it; otherwise it belongs to the code."""
    arguments = ["A", "B=5", "C=unlimited", "D=x", "E=", "=F", "G=5=1", "H=", "H=2", "=3"]
    with (
        serving(*(part for code in arguments for part in ("--voucher", code))) as (_, banner),
        client(banner) as api,
    ):
        vouchers = {
            each["code"]: each["redemption_limit"] for each in api.get("/_sandbox/state").json()["vouchers"]
        }
    assert vouchers == {
        "A": 1,
        "B": 5,
        "C": None,
        "D=x": 1,
        "E=": 1,
        "=F": 1,
        "G=5": 1,
        "H=": 1,
        "H": 2,
        "=3": 1,
    }


def test_credentials_come_from_the_environment() -> None:
    """The two variables set the credentials; an empty one counts as none, and an option comes first."""
    variables = {"VOUCHERIFY_SANDBOX_APP_ID": "env-id", "VOUCHERIFY_SANDBOX_APP_TOKEN": "env-token"}
    with serving(**variables) as (_, banner):
        assert exports(banner)["VOUCHERIFY_APP_ID"] == "env-id"
        assert exports(banner)["VOUCHERIFY_APP_TOKEN"] == "env-token"
    variables["VOUCHERIFY_SANDBOX_APP_TOKEN"] = ""
    with serving("--app-id", "own-id", **variables) as (_, banner):
        assert exports(banner)["VOUCHERIFY_APP_ID"] == "own-id"
        assert re.fullmatch(r"[0-9a-f]{32}", exports(banner)["VOUCHERIFY_APP_TOKEN"])


def test_limits_and_life_times_are_set() -> None:
    """`--rate-limit` and `--token-lifetime` take effect."""
    with serving("--rate-limit", "2/hour", "--token-lifetime", "60") as (_, banner), client(banner) as api:
        data = {"grant_type": "client_credentials", "scope": "api"}
        issued = api.post("/v1/oauth/token", data=data)
        assert (issued.json()["expires_in"], issued.headers["X-Rate-Limit-Remaining"]) == (60, "1")


def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    """With `--state` a process takes up where another one was killed, on the same port."""
    arguments = [
        "--state",
        str(tmp_path / "state"),
        "--app-id",
        "me",
        "--app-token",
        "mine",
        "--voucher",
        "A=3",
    ]
    body = {"redeemables": [{"object": "voucher", "id": "A"}], "session": {"type": "LOCK", "key": "k"}}
    with serving(*arguments) as (process, banner), client(banner) as api:
        assert api.post("/v1/validations", json=body).json()["valid"] is True
        process.kill()
        process.wait()
    port = exports(banner)["VOUCHERIFY_BASE_URL"].rpartition(":")[2]
    with serving(*arguments, "--port", port) as (_, again), client(again) as api:
        assert exports(again) == exports(banner)
        assert api.delete("/v1/vouchers/A/sessions/k").status_code == 204


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "http"], "is no port"),
        (["--port", "65536"], "is no port"),
        (["--rate-limit", "100"], "is no rate limit"),
        (["--rate-limit", "5/day"], "is no rate limit"),
        (["--rate-limit", "0/hour"], "must be a whole number from 1"),
        (["--token-lifetime", "soon"], "invalid int value"),
        (["--token-lifetime", "0"], "token_lifetime must be"),
        (["--voucher", ""], "code must be a non-empty string"),
        (["--voucher", "A=0"], "redemption_limit must be"),
        (["--app-id", "a b"], "printable ASCII"),
        (["--tok", "5"], "unrecognized arguments"),
        (["extra"], "unrecognized arguments"),
    ],
    ids=str,
)
def test_bad_arguments_are_explained(arguments: list[str], message: str) -> None:
    """Bad arguments end it with status 2 and what is wrong, before anything is served."""
    result = subprocess.run(
        [*COMMAND, *arguments], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_the_help_explains_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` names each option, and how a code with an equals sign is given."""
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    for option in ("port", "voucher", "app-id", "app-token", "state", "rate-limit", "token-lifetime"):
        assert f"--{option} " in shown
    assert "CODE=5=1" in shown


def test_a_taken_port_is_explained() -> None:
    """A port that is in use ends it with status 1 and one line."""
    with Sandbox() as sandbox:
        port = sandbox.base_url.rpartition(":")[2]
        result = subprocess.run(
            [*COMMAND, "--port", port], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False
        )
    assert result.returncode == 1
    assert result.stderr.startswith("python -m voucherify_wrapper.sandbox: The sandbox cannot listen on")
    assert result.stderr.count("\n") == 1
