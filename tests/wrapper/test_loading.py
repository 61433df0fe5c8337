"""Where a client's settings come from: arguments, environment, .env file, profile."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import keyring
import pytest

from tests.wrapper import file_keyring
from tests.wrapper.telling import everything_told_by
from voucherify_wrapper import ConfigurationError, OAuthToken, Timeout, Voucherify, VoucherifyError
from voucherify_wrapper._credentials_file import credentials_file

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "s3cr3t-value"


def sent(**settings: Any) -> tuple[str, dict[str, str]]:
    """The host that a client with these settings calls, and the credentials it sends."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    with Voucherify(transport=httpx.MockTransport(answer), **settings) as voucherify:
        voucherify.release_validation_session("c", "k")
    names = ("x-app-id", "x-app-token", "authorization")
    headers = seen[0].headers
    return seen[0].url.host, {name: headers[name] for name in names if name in headers}


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    """A credentials file, as its owner alone can read it."""
    path = credentials_file()
    assert path.is_relative_to(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text(
        '[default]\napp_id = "id-of-default"\napp_token = "token-of-default"\ncluster = "as1.api"\n'
        '[staging]\noauth_token = "token-of-staging"\nbase_url = "https://staging.example"\n'
    )
    path.chmod(0o600)
    return path


def test_the_environment_gives_an_api_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two variables and a cluster's name suffice."""
    monkeypatch.setenv("VOUCHERIFY_APP_ID", "the-id")
    monkeypatch.setenv("VOUCHERIFY_APP_TOKEN", "the-token")
    monkeypatch.setenv("VOUCHERIFY_CLUSTER", "us1.api")

    assert sent() == ("us1.api.voucherify.io", {"x-app-id": "the-id", "x-app-token": "the-token"})


def test_the_environment_gives_an_oauth_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """One variable suffices; the cluster is Europe by default, or the base URL is given."""
    monkeypatch.setenv("VOUCHERIFY_OAUTH_TOKEN", "the-token")
    monkeypatch.setenv("VOUCHERIFY_BASE_URL", "https://shop.example")

    assert sent() == ("shop.example", {"authorization": "Bearer the-token"})


@pytest.mark.parametrize("host", ["https://us1.api.voucherify.io", "us1.api.voucherify.io"])
def test_the_vendors_variables_are_a_fallback(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Who comes from the vendor's SDK keeps the variables; our own names come first."""
    monkeypatch.setenv("X_APP_ID", "vendor-id")
    monkeypatch.setenv("X_APP_TOKEN", "vendor-token")
    monkeypatch.setenv("VOUCHERIFY_HOST", host)
    assert sent() == ("us1.api.voucherify.io", {"x-app-id": "vendor-id", "x-app-token": "vendor-token"})

    monkeypatch.setenv("VOUCHERIFY_OAUTH_TOKEN", "the-token")
    monkeypatch.setenv("VOUCHERIFY_CLUSTER", "EU")
    assert sent() == ("api.voucherify.io", {"authorization": "Bearer the-token"})


def test_arguments_come_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is passed is used, whatever the environment says, also a cluster over a base URL there."""
    monkeypatch.setenv("VOUCHERIFY_APP_ID", "half only")
    monkeypatch.setenv("VOUCHERIFY_BASE_URL", "https://elsewhere.example")

    class Key:
        def headers(self) -> dict[str, str]:
            return {"X-App-Id": "mine"}

    assert sent(credentials=Key(), cluster="us1.api") == ("us1.api.voucherify.io", {"x-app-id": "mine"})


@pytest.mark.usefixtures("profiles")
def test_a_profile_is_the_last_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default profile is read unasked; each setting comes from the first source that has it."""
    key = {"x-app-id": "id-of-default", "x-app-token": "token-of-default"}
    assert sent() == ("as1.api.voucherify.io", key)

    monkeypatch.setenv("VOUCHERIFY_CLUSTER", "us1.api")
    assert sent() == ("us1.api.voucherify.io", key)


@pytest.mark.usefixtures("profiles")
def test_a_profile_is_named_in_the_environment_or_in_an_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    """VOUCHERIFY_PROFILE chooses the profile; a profile in an argument also comes before the environment."""
    staging = ("staging.example", {"authorization": "Bearer token-of-staging"})
    monkeypatch.setenv("VOUCHERIFY_PROFILE", "staging")
    assert sent() == staging

    monkeypatch.setenv("VOUCHERIFY_PROFILE", "default")
    monkeypatch.setenv("VOUCHERIFY_OAUTH_TOKEN", "of-the-environment")
    monkeypatch.setenv("VOUCHERIFY_BASE_URL", "https://environment.example")
    assert sent(profile="staging") == staging
    assert sent() == ("environment.example", {"authorization": "Bearer of-the-environment"})


@pytest.mark.usefixtures("profiles")
def test_the_default_profile_leads_nobody_elses_credentials_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read, host and all, only when no other source has credentials; a spoiled one hinders nobody."""
    monkeypatch.setenv("VOUCHERIFY_OAUTH_TOKEN", "the-token")
    assert sent() == ("api.voucherify.io", {"authorization": "Bearer the-token"})

    credentials_file().chmod(0o644)
    assert sent() == ("api.voucherify.io", {"authorization": "Bearer the-token"})


def test_an_env_file_is_read_on_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profiles: Path
) -> None:
    """It comes after the environment and before the profile, takes quotes, and can name the profile."""
    file = tmp_path / ".env"
    file.write_text('VOUCHERIFY_APP_ID="id-of-file"\nexport VOUCHERIFY_APP_TOKEN=token-of-file # mine\n')
    monkeypatch.chdir(tmp_path)
    key = {"x-app-id": "id-of-file", "x-app-token": "token-of-file"}
    assert sent()[1]["x-app-id"] == "id-of-default"
    assert sent(env_file=".env") == ("api.voucherify.io", key)

    file.write_text("VOUCHERIFY_PROFILE=staging\n")
    assert sent(env_file=file)[0] == "staging.example"

    monkeypatch.setenv("VOUCHERIFY_PROFILE", "default")
    assert sent(env_file=file)[0] == "as1.api.voucherify.io"
    assert profiles.exists()


def refusal(**settings: Any) -> str:
    """The text of the error that these settings end in."""
    with pytest.raises(ConfigurationError) as caught:
        Voucherify(**settings)
    assert SECRET not in str(caught.value)
    assert SECRET not in everything_told_by(caught.value)
    return str(caught.value)


def test_nothing_found_tells_what_was_looked_at() -> None:
    """Every source is named, with the variables and the file, and what to do."""
    text = refusal()

    for name in ("VOUCHERIFY_APP_ID", "VOUCHERIFY_OAUTH_TOKEN", "X_APP_ID", "credentials.toml", "ApiKey("):
        assert name in text


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"VOUCHERIFY_APP_ID": SECRET}, ["VOUCHERIFY_APP_ID", "VOUCHERIFY_APP_TOKEN is not"]),
        ({"VOUCHERIFY_APP_TOKEN": SECRET}, ["VOUCHERIFY_APP_TOKEN", "VOUCHERIFY_APP_ID is not"]),
        ({"VOUCHERIFY_APP_ID": SECRET, "X_APP_TOKEN": SECRET}, ["VOUCHERIFY_APP_TOKEN is not"]),
        ({"X_APP_ID": SECRET}, ["X_APP_ID", "X_APP_TOKEN is not"]),
        ({"VOUCHERIFY_APP_ID": "", "VOUCHERIFY_APP_TOKEN": SECRET}, ["VOUCHERIFY_APP_ID", "empty"]),
        ({"VOUCHERIFY_APP_ID": "id", "VOUCHERIFY_APP_TOKEN": f'"{SECRET}"'}, ["APP_TOKEN", "quotation"]),
        ({"VOUCHERIFY_APP_ID": "id", "VOUCHERIFY_APP_TOKEN": f"{SECRET}\n"}, ["APP_TOKEN", "line break"]),
        ({"VOUCHERIFY_APP_ID": "id", "VOUCHERIFY_APP_TOKEN": f" {SECRET}"}, ["APP_TOKEN", "white space"]),
        ({"VOUCHERIFY_OAUTH_TOKEN": f"Bearer {SECRET}"}, ["VOUCHERIFY_OAUTH_TOKEN", "white space"]),
        ({"VOUCHERIFY_OAUTH_TOKEN": ""}, ["VOUCHERIFY_OAUTH_TOKEN", "empty"]),
        ({"VOUCHERIFY_OAUTH_TOKEN": SECRET, "VOUCHERIFY_APP_ID": SECRET}, ["both set"]),
        ({"VOUCHERIFY_OAUTH_TOKEN": "t", "VOUCHERIFY_CLUSTER": ""}, ["VOUCHERIFY_CLUSTER", "empty"]),
        ({"VOUCHERIFY_OAUTH_TOKEN": "t", "VOUCHERIFY_CLUSTER": "mars"}, ["VOUCHERIFY_CLUSTER", "no such"]),
        ({"VOUCHERIFY_OAUTH_TOKEN": "t", "VOUCHERIFY_BASE_URL": "http://x.example"}, ["VOUCHERIFY_BASE_URL"]),
        ({"VOUCHERIFY_OAUTH_TOKEN": "t", "VOUCHERIFY_HOST": "a b"}, ["VOUCHERIFY_HOST", "white space"]),
        (
            {
                "VOUCHERIFY_OAUTH_TOKEN": "t",
                "VOUCHERIFY_CLUSTER": "US",
                "VOUCHERIFY_BASE_URL": "https://x.example",
            },
            ["VOUCHERIFY_CLUSTER", "VOUCHERIFY_BASE_URL", "both set"],
        ),
        ({"VOUCHERIFY_PROFILE": ""}, ["VOUCHERIFY_PROFILE", "empty"]),
        ({"VOUCHERIFY_PROFILE": "staging"}, ["staging", "no such file"]),
    ],
)
def test_a_spoiled_environment_is_told_by_name(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], named: list[str]
) -> None:
    """Half there, empty, quoted, with white space: the variable is named, the value never."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    text = refusal()

    for part in named:
        assert part in text


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (
            f'[default]\napp_id = "{SECRET}"\n',
            ["app_id", "app_token is not", "'default'", "credentials.toml"],
        ),
        (f'[default]\napp_id = "{SECRET}"\napp_token = ""\n', ["app_token", "empty"]),
        (f'[default]\napp_id = "{SECRET}"\napp_token = 7\n', ["app_token", "text"]),
        (f'[default]\napp_id = "{SECRET}"\ntoken = "{SECRET}"\n', ["unknown key 'token'", "oauth_token"]),
        (f'default = "{SECRET}"\n', ["'default'", "table"]),
        (f"[default]\napp_id = {SECRET}\n", ["not TOML", "line 2"]),
        (f'[default]\napp_id = "{SECRET}\n', ["not TOML", "line 2"]),
        (f'[staging]\noauth_token = "{SECRET}"\n', ["no such profile"]),
        ("", ["no such profile"]),
        ("x = " + "[" * 5000, ["not TOML", "too large"]),
        ("x = " + "9" * 5000, ["not TOML", "too large"]),
    ],
)
def test_a_spoiled_profile_is_told_by_file_and_key(profiles: Path, content: str, named: list[str]) -> None:
    """The file, the profile and the key are named, the value never, not even in the exception's context."""
    profiles.write_text(content)
    text = refusal()

    for part in named:
        assert part in text


def test_a_profile_that_does_not_exist_is_refused_with_the_choices(profiles: Path) -> None:
    """A mistyped profile never falls back to another one."""
    assert "'default', 'staging'" in refusal(profile="stagign")
    profiles.write_text("")
    assert "It has: none" in refusal(profile="staging")
    assert "profile is empty" in refusal(profile="")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o622, 0o666])
def test_a_credentials_file_that_others_can_read_is_refused(profiles: Path, mode: int) -> None:
    """The error is the command to run, and running it mends it."""
    profiles.chmod(mode)
    text = refusal()
    command = text.partition("Run: ")[2]

    subprocess.run(command, shell=True, check=True)  # noqa: S602 - the command that a person would paste
    assert sent()[0] == "as1.api.voucherify.io"


def test_the_command_that_mends_a_file_holds_for_names_with_blanks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A path with blanks and quotes is written as a shell takes it."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "it's mine"))
    path = credentials_file()
    path.parent.mkdir(parents=True)
    path.write_text('[default]\noauth_token = "t"\n')
    path.chmod(0o644)

    subprocess.run(refusal().partition("Run: ")[2], shell=True, check=True)  # noqa: S602 - as above
    assert sent()[1] == {"authorization": "Bearer t"}


def test_a_credentials_file_that_is_no_text_is_refused(profiles: Path) -> None:
    """Bytes that are not UTF-8 are named, and kept out of the exception's context."""
    profiles.write_bytes(b"[default]\napp_token = '\xff" + SECRET.encode() + b"'")

    assert "not UTF-8" in refusal()


def test_a_credentials_file_that_is_no_file_is_refused(profiles: Path) -> None:
    """A folder in its place is told, instead of failing somewhere below."""
    profiles.unlink()
    profiles.mkdir()

    assert "no such file" in refusal()


@pytest.mark.parametrize("name", ["missing.env", "nul\0name", "file/below", "long" * 100])
def test_an_env_file_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    """Whoever asks for a file that is not there learns of it."""
    (tmp_path / "file").write_text("")

    assert name.split("\0", maxsplit=1)[0] in refusal(env_file=tmp_path / name)


@pytest.mark.parametrize("wrong", [5, b".env", [], object()])
def test_an_env_file_that_is_no_path_is_refused(wrong: Any) -> None:
    """Anything but text or a path is named by its type."""
    assert type(wrong).__name__ in refusal(env_file=wrong)


def test_an_env_file_is_taken_literally(tmp_path: Path) -> None:
    """A dollar sign in a token is a dollar sign."""
    (tmp_path / ".env").write_text("VOUCHERIFY_OAUTH_TOKEN=a${HOME}b\n")

    assert sent(env_file=tmp_path / ".env")[1] == {"authorization": "Bearer a${HOME}b"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('VOUCHERIFY_APP_ID="unclosed\n', 1),
        ("VOUCHERIFY_CLUSTER=us\n\n\r\n  # a comment\nVOUCHERIFY_OAUTH_TOKEN='t\n", 5),
        ('\n\n  A="t"t\nVOUCHERIFY_OAUTH_TOKEN=t\n', 3),
        ("VOUCHERIFY_OAUTH_TOKEN=t\n=t\n", 2),
    ],
)
def test_an_env_file_that_is_broken_is_refused(
    profiles: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, line: int
) -> None:
    """With its name and the line, and not passed over for a profile that is there."""
    profiles.write_text("[default]\noauth_token = 'another'\n")
    file = tmp_path / "broken.env"
    file.write_bytes(text.encode())

    assert f"env_file {file}: line {line} cannot be read." in refusal(env_file=file)
    assert caplog.text == ""


def test_an_env_file_may_have_what_is_no_setting(tmp_path: Path) -> None:
    """Comments, empty lines, exports, and what ends without a line's end; of two the last one counts."""
    text = "# c\n\nexport VOUCHERIFY_OAUTH_TOKEN=x # y\nOTHER\n\nVOUCHERIFY_OAUTH_TOKEN='t'\n \n# end"
    (tmp_path / ".env").write_text(text)

    assert sent(env_file=tmp_path / ".env")[1] == {"authorization": "Bearer t"}


def test_an_env_file_with_an_empty_variable_is_refused(tmp_path: Path) -> None:
    """A variable without a value is as empty as one with an empty value."""
    (tmp_path / ".env").write_text("VOUCHERIFY_OAUTH_TOKEN\n")

    assert "VOUCHERIFY_OAUTH_TOKEN" in refusal(env_file=tmp_path / ".env")


@pytest.mark.skipif(
    not Path("/proc/self/mem").exists(), reason="needs Linux's file that opens and cannot be read"
)
def test_a_file_that_fails_while_it_is_read_is_told(profiles: Path) -> None:
    """A disk error is told as such, and is no traceback."""
    profiles.unlink()
    profiles.symlink_to("/proc/self/mem")

    assert "cannot be read (Input/output error)" in refusal()


def test_an_env_file_that_is_not_there_is_refused_also_where_nothing_of_it_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whether it is noticed does not depend on which variables happen to be set."""
    monkeypatch.setenv("VOUCHERIFY_OAUTH_TOKEN", "t")
    monkeypatch.setenv("VOUCHERIFY_CLUSTER", "us")

    assert "there is no such file" in refusal(env_file=tmp_path / ".env")


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[file_keyring.FileKeyring]:
    """The system's keyring, which is a file, with a token in it."""
    monkeypatch.setenv(file_keyring.VARIABLE, str(tmp_path / "keyring.json"))
    before, ours = keyring.get_keyring(), file_keyring.FileKeyring()
    keyring.set_keyring(ours)
    ours.set_password("voucherify-wrapper", "of-shop", "kept-token")
    yield ours
    keyring.set_keyring(before)


@pytest.mark.parametrize(
    ("profile", "headers"),
    [
        ('oauth_token_in_keyring = "of-shop"', {"authorization": "Bearer kept-token"}),
        (
            'app_id = "id"\napp_token_in_keyring = "of-shop"',
            {"x-app-id": "id", "x-app-token": "kept-token"},
        ),
    ],
)
@pytest.mark.usefixtures("kept")
def test_a_profiles_secret_may_be_in_the_keyring(
    profiles: Path, profile: str, headers: dict[str, str]
) -> None:
    """The profile has the name of the entry."""
    profiles.write_text(f"[shop]\n{profile}\n")

    assert sent(profile="shop") == ("api.voucherify.io", headers)


@pytest.mark.parametrize(
    ("profile", "named"),
    [
        ('app_token_in_keyring = "of-shop"', ["app_token_in_keyring", "app_id is not"]),
        ('app_id = "id"\napp_token_in_keyring = ""', ["app_token_in_keyring", "is empty"]),
        ('app_id = "id"\napp_token_in_keyring = 7', ["app_token_in_keyring", "must be text"]),
        (f'oauth_token = "{SECRET}"\noauth_token_in_keyring = "x"', ["both oauth_token and"]),
        ('oauth_token_in_keyring = "gone"', ["no entry 'gone'", "profiles add NAME --force --keyring"]),
        ('oauth_token_in_keyring = "spoiled"', ["oauth_token_in_keyring", "line break"]),
    ],
)
def test_a_profile_that_leads_nowhere_is_told(
    profiles: Path, kept: file_keyring.FileKeyring, profile: str, named: list[str]
) -> None:
    """By the key that leads there; what the keyring has is never repeated."""
    kept.set_password("voucherify-wrapper", "spoiled", f"{SECRET}\n")
    profiles.write_text(f"[shop]\n{profile}\n")
    text = refusal(profile="shop")

    for part in named:
        assert part in text


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("backend", "said"),
    [
        (file_keyring.Locked, "is locked"),
        (file_keyring.Absent, "has no keyring"),
        (file_keyring.OutOfOrder, "cannot be used (RuntimeError)"),
    ],
)
def test_a_keyring_that_does_not_open_is_told(
    profiles: Path, backend: type[file_keyring.FileKeyring], said: str
) -> None:
    """With the profile that needs it, and what to do."""
    profiles.write_text('[shop]\noauth_token_in_keyring = "of-shop"\n')
    keyring.set_keyring(backend())
    text = refusal(profile="shop")

    assert said in text
    assert f"oauth_token_in_keyring in profile 'shop' in {profiles}" in text


def test_the_keyring_is_asked_for_what_is_in_it_alone(profiles: Path) -> None:
    """Keyring is not even imported for anything else."""
    profiles.write_text('[default]\noauth_token = "t"\n[shop]\noauth_token_in_keyring = "of-shop"\n')
    program = (
        "import sys; sys.modules['keyring'] = None\n"
        "from voucherify_wrapper import Voucherify\n"
        "Voucherify()\n"
        "Voucherify(profile='shop')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert "line 4" in done.stderr
    assert "pip install 'voucherify-wrapper[keyring]'" in done.stderr


def test_a_profile_without_a_host_leads_to_europe(profiles: Path) -> None:
    """What the chosen profile lacks comes from the sources after it, and from the default last."""
    profiles.write_text('[eu]\noauth_token = "t"\n')

    assert sent(profile="eu") == ("api.voucherify.io", {"authorization": "Bearer t"})


def test_a_call_has_thirty_seconds_and_five_to_connect() -> None:
    """The defaults, and what a plain number changes: the whole, and a third of it for an attempt."""
    assert Timeout() == Timeout(total=30.0, connect=5.0)
    seen: list[dict[str, float]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.extensions["timeout"])
        return httpx.Response(204)

    for timeout in (None, 86_400, Timeout(total=9, connect=2), Timeout(total=1)):
        with Voucherify(
            OAuthToken("t"), transport=httpx.MockTransport(answer), timeout=timeout
        ) as voucherify:
            voucherify.release_validation_session("c", "k")
    assert [limits["connect"] for limits in seen[:3]] == [5.0, 5.0, 2.0]
    assert seen[3]["connect"] <= 1
    assert [round(limits["read"]) for limits in seen] == [10, 28_800, 9, 1]


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), True, "30", 1e9, 10**4000])
def test_a_timeout_that_is_no_number_of_seconds_is_refused(timeout: Any) -> None:
    """Zero, infinity and a string would mean something else to everybody."""
    with pytest.raises(ConfigurationError, match="timeout"):
        Voucherify(timeout=timeout)
    with pytest.raises(ConfigurationError, match="timeout: connect"):
        Timeout(connect=timeout)


def test_a_transport_of_the_wrong_kind_is_refused() -> None:
    """An asynchronous transport in the synchronous client is named at once."""
    with pytest.raises(VoucherifyError, match="handle_request"):
        Voucherify(transport=httpx.AsyncHTTPTransport())  # type: ignore[arg-type]


def test_env_files_need_their_extra(tmp_path: Path) -> None:
    """Without python-dotenv the error says what to install."""
    (tmp_path / ".env").write_text("")
    program = (
        "import sys; sys.modules['dotenv'] = None\n"
        "from voucherify_wrapper import Voucherify\n"
        "Voucherify(env_file='.env')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert "pip install 'voucherify-wrapper[dotenv]'" in done.stderr
