"""`voucherify doctor`: where settings come from, whether the host answers, and whom it knows."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keyring
import pytest
import trustme
from attrs import frozen

from tests.cli.commands import voucherify
from tests.wrapper import file_keyring
from tests.wrapper.test_transport import Server, read_head
from voucherify_wrapper._adapter import specification
from voucherify_wrapper._credentials_file import credentials_file
from voucherify_wrapper.cli import main
from voucherify_wrapper.cli._masking import masked_proxy
from voucherify_wrapper.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from voucherify_wrapper.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
ID, TOKEN = "app-id-0123456789", "s3cr3t-token-2718281828"
KEY = {"VOUCHERIFY_APP_ID": ID, "VOUCHERIFY_APP_TOKEN": TOKEN}
OF_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir")


@frozen
class Told:
    """What the doctor told."""

    code: int
    text: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document."""
        [line] = self.text.splitlines()
        told: dict[str, Any] = json.loads(line)
        assert told["exit_code"] == self.code
        assert told["healthy"] is (self.code == 0)
        return told

    def settings(self) -> dict[str, tuple[str, str, str]]:
        """Each setting's value, kind of place, and place."""
        return {
            each["name"]: (each["value"], each["origin"], each["where"]) for each in self.document["settings"]
        }


class Doctor:
    """Runs the doctor in this process, with these variables alone."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: str, variables: Mapping[str, str] | None = None) -> Told:
        for name, value in (variables or {}).items():
            self._monkeypatch.setenv(name, value)
        self._capsys.readouterr()
        code = main(["doctor", *arguments])
        said = self._capsys.readouterr()
        assert said.err == ""
        assert TOKEN not in said.out
        assert ID not in said.out
        return Told(code, said.out)


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """The doctor, who never shows the app id or the token."""
    for name in list(os.environ):
        if name.startswith(("VOUCHERIFY_", "X_APP_")) or name.lower() in OF_PROXIES:
            monkeypatch.delenv(name)
    return Doctor(capsys, monkeypatch)


@pytest.fixture
def file() -> Path:
    """A credentials file with two profiles."""
    path = credentials_file()
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_text(
        f'[default]\napp_id = "{ID}"\napp_token = "{TOKEN}"\ncluster = "as1.api"\n'
        f'[shop]\noauth_token = "{TOKEN}"\nbase_url = "https://shop.example"\n'
    )
    path.chmod(0o600)
    return path


def answering(answer: bytes) -> Server:
    """A server that gives every request the same answer."""

    def serve(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(answer)

    return Server(serve)


def test_all_is_well(voucherify_sandbox: Sandbox) -> None:
    """It is exit code 0; what was sent is said before it is sent, and nothing was released."""
    key = voucherify_sandbox.lock("2CpRCE2c")
    done = voucherify("doctor", to=voucherify_sandbox)

    assert (done.returncode, done.stderr) == (0, "")
    [request] = voucherify_sandbox.requests
    assert f"DELETE {voucherify_sandbox.base_url}/v1/vouchers/voucherify-doctor-" in done.stdout
    assert "It is harmless" in done.stdout
    assert request.method == "DELETE"
    assert voucherify_sandbox.released == []
    assert voucherify_sandbox.sessions("2CpRCE2c") == [key]
    assert done.stdout.endswith("\nAll is well.\n")
    assert voucherify_sandbox.app_token not in done.stdout


def test_all_that_it_knows_can_be_read_by_programs(doctor: Doctor, voucherify_sandbox: Sandbox) -> None:
    """With --json it is one document."""
    told = doctor("--json", variables=voucherify_sandbox.environment()).document

    assert (told["problems"], told["notes"], told["ignored"]) == ([], [], [])
    assert [(step["name"], step["ok"]) for step in told["host"]["steps"]] == [
        ("dns", True),
        ("connect", True),
        ("answer", True),
    ]
    assert told["host"]["steps"][2]["detail"] == "HTTP 404"
    assert told["host"]["credentials_accepted"] is True
    assert told["credentials_file"] == {"path": str(credentials_file()), "mode": None}
    assert told["versions"]["python"] == sys.version.split()[0]
    assert told["network"] == {"proxy": None, "proxies": {}, "no_proxy": None, "certificates": {}}


def test_the_specification_is_the_kept_document(doctor: Doctor) -> None:
    """Title and version are the document's, and the hash is the one in the lock file."""
    told = doctor("--json", "--offline").document["specification"]
    lock = json.loads((ROOT / "openapi" / "spec.lock.json").read_text())
    info = json.loads((ROOT / "openapi" / "vouchers.json").read_text())["info"]

    assert told == specification()
    assert told == {"title": info["title"], "version": info["version"], "sha256": lock["sha256"]["document"]}


# Where settings come from.

SECRET, MASKED_ID = f"set, {len(TOKEN)} characters", "…6789"


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        (
            [],
            {**KEY, "VOUCHERIFY_CLUSTER": "us"},
            {
                "app id": (MASKED_ID, "environment", "VOUCHERIFY_APP_ID in the environment"),
                "token": (SECRET, "environment", "VOUCHERIFY_APP_TOKEN in the environment"),
                "host": (
                    "https://us1.api.voucherify.io",
                    "environment",
                    "VOUCHERIFY_CLUSTER in the environment",
                ),
                "time limit": ("30 s", "default", "by default"),
            },
        ),
        (
            ["--timeout", "2.5"],
            {"X_APP_ID": ID, "X_APP_TOKEN": TOKEN, "VOUCHERIFY_HOST": "shop.example"},
            {
                "app id": (MASKED_ID, "environment", "X_APP_ID in the environment"),
                "host": ("https://shop.example", "environment", "VOUCHERIFY_HOST in the environment"),
                "time limit": ("2.5 s", "argument", "--timeout"),
            },
        ),
        (
            ["--base-url", "https://shop.example"],
            {"VOUCHERIFY_OAUTH_TOKEN": TOKEN},
            {
                "OAuth token": (SECRET, "environment", "VOUCHERIFY_OAUTH_TOKEN in the environment"),
                "host": ("https://shop.example", "argument", "--base-url"),
            },
        ),
        (
            ["--cluster", "as1.api"],
            {"VOUCHERIFY_OAUTH_TOKEN": TOKEN},
            {"host": ("https://as1.api.voucherify.io", "argument", "--cluster")},
        ),
        (
            [],
            {"VOUCHERIFY_OAUTH_TOKEN": TOKEN},
            {"host": ("https://api.voucherify.io", "default", "by default: Europe")},
        ),
        (
            [],
            {},
            {
                "app id": (MASKED_ID, "profile", "app_id in profile 'default' in FILE"),
                "host": ("https://as1.api.voucherify.io", "profile", "cluster in profile 'default' in FILE"),
            },
        ),
        (
            ["--profile", "shop"],
            {},
            {
                "OAuth token": (SECRET, "profile", "oauth_token in profile 'shop' in FILE"),
                "host": ("https://shop.example", "profile", "base_url in profile 'shop' in FILE"),
            },
        ),
        (
            ["--env-file", ".env"],
            {},
            {
                "app id": (MASKED_ID, "env_file", "VOUCHERIFY_APP_ID in .env"),
                "host": ("https://shop.example", "env_file", "VOUCHERIFY_BASE_URL in .env"),
            },
        ),
    ],
)
def test_each_setting_says_where_it_is_from(
    doctor: Doctor,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    variables: dict[str, str],
    expected: dict[str, tuple[str, str, str]],
) -> None:
    """By the name that it has there; secrets are masked, and the values are those that a client has."""
    monkeypatch.chdir(tmp_path)
    lines = [f"{name}={value}" for name, value in KEY.items()]
    (tmp_path / ".env").write_text("\n".join([*lines, "VOUCHERIFY_BASE_URL=https://shop.example"]))
    told = doctor("--json", "--offline", *arguments, variables=variables)

    assert told.code == 0
    found = told.settings()
    for name, (value, origin, where) in expected.items():
        assert found[name] == (value, origin, where.replace("FILE", str(file)))


def test_a_token_in_the_keyring_says_so(
    doctor: Doctor, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keyring is named, and the key that leads there."""
    monkeypatch.setenv(file_keyring.VARIABLE, str(tmp_path / "keyring.json"))
    before = keyring.get_keyring()
    keyring.set_keyring(file_keyring.FileKeyring())
    try:
        keyring.set_password("voucherify-wrapper", "of-shop", TOKEN)
        file.write_text('[shop]\noauth_token_in_keyring = "of-shop"\n')
        value, origin, where = doctor("--json", "--offline", "--profile", "shop").settings()["OAuth token"]
    finally:
        keyring.set_keyring(before)

    assert (value, origin) == (SECRET, "keyring")
    assert where.startswith("the system's keyring (file keyring FileKeyring), as oauth_token_in_keyring in ")


def test_a_short_app_id_is_not_hinted_at(doctor: Doctor) -> None:
    """Its last four characters would be too much of it."""
    told = doctor(
        "--json", "--offline", variables={"VOUCHERIFY_APP_ID": "short-id", "VOUCHERIFY_APP_TOKEN": TOKEN}
    )

    assert told.settings()["app id"][0] == "set, 8 characters"


@pytest.mark.parametrize(
    ("arguments", "variables", "what", "why"),
    [
        (
            [],
            {**KEY, "X_APP_ID": ID},
            "X_APP_ID in the environment",
            "It could not be used either: X_APP_ID in the environment is set, but X_APP_TOKEN is not.",
        ),
        (
            ["--cluster", "us"],
            {**KEY, "VOUCHERIFY_HOST": "shop.example"},
            "VOUCHERIFY_HOST in the environment",
            "the host came first from --cluster.",
        ),
        (
            ["--profile", "shop"],
            KEY,
            "VOUCHERIFY_APP_ID, VOUCHERIFY_APP_TOKEN in the environment",
            "the credentials came first from oauth_token in profile 'shop'",
        ),
        ([], KEY, "app_id, app_token in profile 'default'", "only where nothing else has credentials."),
        ([], KEY, "cluster in profile 'default'", "only where nothing else has credentials."),
        (["--profile", "shop"], {"VOUCHERIFY_PROFILE": "x"}, "VOUCHERIFY_PROFILE", "--profile names"),
        ([], {"VOUCHERIFY_TOKEN": TOKEN}, "VOUCHERIFY_TOKEN in the environment", "there is no such setting"),
    ],
)
def test_what_is_set_and_not_used_is_told_with_the_reason(
    doctor: Doctor, file: Path, arguments: list[str], variables: dict[str, str], what: str, why: str
) -> None:
    """Whoever wonders why a setting has no effect finds it here."""
    assert file.exists()
    told = doctor("--json", "--offline", *arguments, variables=variables)
    shown = doctor("--offline", *arguments)

    assert told.code == 0
    [ignored] = [each for each in told.document["ignored"] if each["what"].startswith(what)]
    assert why in ignored["why"]
    assert f"{ignored['what']}: {ignored['why']}" in shown.text


def test_a_profile_that_is_not_needed_is_worth_a_note(doctor: Doctor, file: Path) -> None:
    """What keeps nothing from working is told, with the command that mends it, and does no harm."""
    file.chmod(0o644)
    file.parent.chmod(0o777)
    told = doctor("--offline", variables=KEY)

    assert told.code == 0
    assert f"Worth mending: profile 'default': the credentials file {file} can be read" in told.text
    assert f"Run: chmod 700 {file.parent}" in told.text
    assert "(permissions 0644)" in told.text


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        ([], {"VOUCHERIFY_APP_ID": ID}, "VOUCHERIFY_APP_TOKEN is not"),
        ([], {"VOUCHERIFY_PROFILE": "nobody"}, "has no profile 'nobody'"),
        ([], {**KEY, "VOUCHERIFY_CLUSTER": "moon"}, "no such cluster"),
        (["--env-file", "missing.env"], KEY, "env_file missing.env: there is no such file"),
        (["--env-file", "broken.env"], {}, "env_file broken.env: line 2 cannot be read"),
        (["--cluster", "us", "--base-url", "https://shop.example"], KEY, "both given"),
        ([], {**KEY, "HTTPS_PROXY": f"http://user:{TOKEN}@[::1"}, "Check HTTP_PROXY"),
        ([], {**KEY, "SSL_CERT_FILE": "/no/such/file"}, "SSL_CERT_FILE"),
    ],
)
def test_settings_that_cannot_be_used_are_exit_code_3(
    doctor: Doctor,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: list[str],
    variables: dict[str, str],
    said: str,
) -> None:
    """Each problem is told once, and the rest is examined all the same."""
    assert file.exists()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.env").write_text('# mine\nVOUCHERIFY_APP_ID="unclosed\n')
    told = doctor("--json", "--offline", *arguments, variables=variables)
    shown = doctor("--offline", *arguments)

    assert told.code == 3
    [problem] = told.document["problems"]
    assert said in problem["text"]
    assert problem["exit_code"] == 3
    assert "Problem 1: " in shown.text
    assert "All is well" not in shown.text


@pytest.mark.parametrize("named", [None, "nobody"])
def test_no_other_host_stands_in_for_one_that_cannot_be_read(
    doctor: Doctor, file: Path, named: str | None
) -> None:
    """Where the profile cannot be read that may name the host, none is told, and nothing is sent."""
    file.chmod(0o644)
    told = doctor("--json", variables={"VOUCHERIFY_PROFILE": named} if named else {})

    assert told.code == 3
    [problem] = told.document["problems"]
    assert "can be read or changed by other users" in problem["text"]
    assert list(told.settings()) == ["time limit"]
    assert told.document["host"] is None


def test_without_credentials_the_host_is_tried_all_the_same(
    doctor: Doctor, voucherify_sandbox: Sandbox
) -> None:
    """The request has none either, and that it is refused says that the host is there."""
    told = doctor("--base-url", voucherify_sandbox.base_url)

    assert told.code == 3
    assert "without credentials, as there are none" in told.text
    assert "voucherify profiles add default" in told.text
    assert "ApiKey(" not in told.text
    assert "Problem 2" not in told.text
    [request] = voucherify_sandbox.requests
    assert "x-app-id" not in {name.lower() for name, _ in request.headers}


# What the host says.


def test_credentials_that_are_not_accepted_are_exit_code_3(
    doctor: Doctor, voucherify_sandbox: Sandbox
) -> None:
    """It says so, and names the host that they should belong to."""
    told = doctor("--json", variables={**voucherify_sandbox.environment(), **KEY})

    assert told.code == 3
    assert told.document["host"]["credentials_accepted"] is False
    assert voucherify_sandbox.base_url in told.document["problems"][0]["text"]


@pytest.mark.parametrize(
    ("fault", "code", "accepted", "said"),
    [
        (Fault(status=402), 1, True, "plan is used up"),
        (Fault(status=403), 3, True, "do not permit"),
        (Fault(status=429, headers=(("Retry-After", "60"),)), 1, None, "until there is quota again"),
        (Fault(status=500), 1, None, "500"),
        (Fault(status=404, body=b"<html>", content_type="text/html"), 1, None, "whether a proxy answers"),
        (Fault(status=204), 1, None, "so it is not Voucherify"),
        (Fault(raw=b"SSH-2.0-OpenSSH\r\n\r\n", end="close"), 1, None, "did not answer in HTTP"),
        (Fault(after_bytes=0, end="reset"), 1, None, "broke"),
        (Fault(after_bytes=0, end="hang"), 1, None, "within the time allowed"),
    ],
)
def test_every_other_answer_is_told(
    doctor: Doctor, voucherify_sandbox: Sandbox, fault: Fault, code: int, accepted: object, said: str
) -> None:
    """What it means for releases, and what to do; it is asked once."""
    voucherify_sandbox.inject(fault)
    for limit in ("1", "10") if fault.end == "hang" else ("60",):
        told = doctor("--json", "--timeout", limit, variables=voucherify_sandbox.environment())
        if voucherify_sandbox.requests:  # or the machine is so busy that it could not ask in a second
            break

    assert told.code == code
    assert told.document["host"]["credentials_accepted"] is accepted
    [problem] = told.document["problems"]
    assert said in problem["text"]
    assert len(voucherify_sandbox.requests) == 1


def test_the_quota_that_is_left_is_told(doctor: Doctor, voucherify_sandbox: Sandbox) -> None:
    """Where the host says it."""
    voucherify_sandbox.inject(Fault(headers=(("X-Rate-Limit-Remaining", "1999"),)))
    told = doctor(variables=voucherify_sandbox.environment())

    assert told.code == 0
    [line] = [line for line in told.text.splitlines() if "calls left" in line]
    assert line.split() == ["calls", "left", "1,999"]


def test_a_host_that_nobody_listens_at_is_exit_code_1(doctor: Doctor) -> None:
    """The steps say how far it came."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    told = doctor("--json", "--base-url", f"http://127.0.0.1:{port}", variables=KEY)

    assert told.code == 1
    assert [(step["name"], step["ok"]) for step in told.document["host"]["steps"]] == [
        ("dns", True),
        ("connect", False),
    ]
    assert "refuses connections" in told.document["problems"][0]["text"]


def test_a_name_that_is_not_known_is_exit_code_1(doctor: Doctor) -> None:
    """It ends with the name; this one is refused by the system before anybody is asked."""
    name = f"{'x' * 63}.{'x' * 63}.{'x' * 63}.{'x' * 63}.example"
    told = doctor("--json", "--base-url", f"https://{name}", variables=KEY)
    assert told.code == 1
    [step] = told.document["host"]["steps"]
    assert (step["name"], step["ok"]) == ("dns", False)
    assert "Check the base URL" in told.document["problems"][0]["text"]


def test_a_host_that_no_request_can_name_is_exit_code_3(doctor: Doctor) -> None:
    """What is found out only when a client is made is told like the rest."""
    told = doctor("--json", "--base-url", "https://xn--a.example", variables=KEY)

    assert told.code == 3
    assert "base_url cannot be used" in told.document["problems"][0]["text"]


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    """A server over TLS that answers as Voucherify does, and the certificate of who vouches for it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    body = b'{"code": 404, "key": "not_found", "message": "no", "resource_type": "voucher"}'

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as encrypted:
            read_head(encrypted)
            encrypted.sendall(
                b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )

    server = Server(serve)
    trusted = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(trusted))
    yield server, trusted
    server.close()


def test_a_secure_connection_is_told(doctor: Doctor, secure: tuple[Server, Path]) -> None:
    """Its version and how long the certificate is valid; or why it is none."""
    server, trusted = secure
    url = f"https://127.0.0.1:{server.port}"
    refused = doctor("--json", "--base-url", url, variables=KEY)
    assert refused.code == 1
    assert [step["ok"] for step in refused.document["host"]["steps"]] == [True, True, False]
    assert "SSL_CERT_FILE" in refused.document["problems"][0]["text"]

    told = doctor("--base-url", url, variables={"SSL_CERT_FILE": str(trusted)})
    assert told.code == 0
    assert "TLSv1.3, certificate valid until" in told.text
    assert f"SSL_CERT_FILE     {trusted}\n" in told.text


def test_certificates_that_are_not_there_are_told(doctor: Doctor) -> None:
    """The variable, its path, and that there is no such file."""
    told = doctor("--offline", variables={**KEY, "SSL_CERT_DIR": "/no/such/folder"})

    assert "/no/such/folder (there is no such file)" in told.text


def test_the_proxy_in_use_is_told_without_its_password(doctor: Doctor) -> None:
    """It is the proxy that is connected to; one that is not there is told as such."""
    body = b'{"code": 404, "key": "not_found", "message": "no", "resource_type": "voucher"}'
    server = answering(
        b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
        % (len(body), body)
    )
    proxy = f"127.0.0.1:{server.port}"
    variables = {**KEY, "HTTP_PROXY": f"http://user:{TOKEN}@{proxy}", "HTTPS_PROXY": "shop.example:8080"}
    told = doctor(
        "--base-url", "http://localhost:1", variables={**variables, "NO_PROXY": "elsewhere.example"}
    )
    server.close()

    assert told.code == 0
    assert f"proxy             http://{proxy}\n" in told.text
    assert f"proxy for http    http://***@{proxy} (environment)\n" in told.text
    assert "proxy for https   http://shop.example:8080 (environment)\n" in told.text
    assert "no proxy for      elsewhere.example\n" in told.text
    gone = doctor("--json", "--base-url", "http://localhost:1").document
    assert "The proxy in front of" in gone["problems"][0]["text"]
    assert gone["host"]["steps"][0]["detail"] == "127.0.0.1: 127.0.0.1"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://proxy:8080", "http://proxy:8080"),
        ("proxy", "http://proxy"),
        ("http://user@[::1]:1", "http://***@[::1]:1"),
        ("http://user:word@proxy:port", "set, but no address"),
        ("http://", "set, but no address"),
    ],
)
def test_of_a_proxy_only_the_address_is_shown(url: str, shown: str) -> None:
    """Whatever cannot be read as one is not repeated."""
    assert masked_proxy(url) == shown


def test_an_address_of_the_new_kind_is_told(doctor: Doctor) -> None:
    """IPv6 has brackets, as in a URL."""
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")

    def hang_up() -> None:
        with suppress(OSError):
            while True:
                listener.accept()[0].close()

    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener, ThreadPoolExecutor(1) as pool:
        port = listener.getsockname()[1]
        pool.submit(hang_up)
        told = doctor("--json", "--timeout", "60", "--base-url", f"http://[::1]:{port}", variables=KEY)
        listener.shutdown(socket.SHUT_RDWR)

    assert told.document["host"]["steps"][1]["detail"] == f"[::1]:{port}"


def test_packages_that_are_not_installed_are_left_out() -> None:
    """The versions are those of what is there."""
    program = (
        "import importlib.metadata, sys\n"
        "found = importlib.metadata.version\n"
        "def version(name):\n"
        "    if name == 'pyreqwest': raise importlib.metadata.PackageNotFoundError(name)\n"
        "    return found(name)\n"
        "importlib.metadata.version = version\n"
        "from voucherify_wrapper.cli import main; sys.exit(main(['doctor', '--offline', '--json']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert json.loads(done.stdout)["versions"]["pyreqwest"] is None


def test_errors_of_settings_lead_to_the_doctor(voucherify_sandbox: Sandbox) -> None:
    """Where credentials are missing or not accepted, a command says who looks into it."""
    missing = voucherify("release", "a", "b")
    refused = voucherify("release", "a", "b", to=voucherify_sandbox, **KEY)
    of_profiles = voucherify("profiles", "remove", "nobody", "--yes")

    assert "voucherify profiles add default" in missing.stderr
    assert "voucherify doctor" in missing.stderr
    assert "ApiKey(" not in missing.stderr
    assert "voucherify doctor" in refused.stderr
    assert "voucherify doctor" not in of_profiles.stderr
