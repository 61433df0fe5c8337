"""``voucherify doctor``: what is set, what is not used, whether the host answers, and whom it knows."""

from typing import Annotated, Any

import typer
from attrs import asdict

from voucherify_wrapper._adapter import specification

from ._checkup import (
    Checkup,
    Problem,
    Setting,
    check_settings,
    describe_file,
    describe_network,
    describe_versions,
)
from ._exits import ExitCode
from ._options import AsJson, BaseUrl, ClusterName, EnvFile, Profile, Seconds
from ._output import rate_limit_document, say, say_columns, say_json
from ._reaching import Reached, Trial, reach

_STEPS = {
    "dns": "the name is known",
    "connect": "it can be connected to",
    "tls": "it is secure (TLS)",
    "answer": "it answers",
}
_ACCEPTED = {True: "accepted", False: "not accepted", None: "not known"}


def doctor(
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Look at the settings alone; send nothing.")
    ] = False,
    profile: Profile = None,
    cluster: ClusterName = None,
    base_url: BaseUrl = None,
    env_file: EnvFile = None,
    timeout: Seconds = None,
    as_json: AsJson = False,
) -> int:
    """Say where each setting comes from, and whether Voucherify answers and accepts you.

    One request is sent: the release of a voucher that cannot exist. No secret
    is shown. The exit code is 0 when a release would work, 3 when settings or
    credentials have to be mended, and 1 when something else is wrong.
    """
    checkup = check_settings(
        profile=profile, cluster=cluster, base_url=base_url, env_file=env_file, timeout=timeout
    )
    if not as_json:
        _say_settings(checkup)
        _say_surroundings(checkup)
    trial, reached = Trial(), None
    if checkup.base_url and checkup.route and not offline:
        sent = f"DELETE {checkup.base_url}{trial.path}"
        if not as_json:
            _say_trial(sent, signed=checkup.credentials is not None)
        reached = reach(checkup.base_url, checkup.credentials, checkup.route, trial, timeout)
        if reached.problem:
            checkup.problems.append(Problem(reached.problem, reached.exit_code))
    code = max((problem.exit_code for problem in checkup.problems), default=ExitCode.DONE)
    if as_json:
        say_json(_document(checkup, trial, reached, code))
    else:
        if reached:
            _say_reached(reached)
        _say_verdict(checkup, offline=offline)
    return code


def _document(checkup: Checkup, trial: Trial, reached: Reached | None, code: ExitCode) -> dict[str, Any]:
    return {
        "healthy": code is ExitCode.DONE,
        "exit_code": int(code),
        "problems": [
            {"text": problem.text, "exit_code": int(problem.exit_code)} for problem in checkup.problems
        ],
        "notes": checkup.notes,
        "settings": [asdict(setting) for setting in checkup.settings],
        "ignored": [asdict(ignored) for ignored in checkup.ignored],
        "credentials_file": describe_file(),
        "network": describe_network(checkup),
        "host": None if reached is None else _document_of_host(checkup, trial, reached),
        "specification": specification(),
        "versions": describe_versions(),
    }


def _document_of_host(checkup: Checkup, trial: Trial, reached: Reached) -> dict[str, Any]:
    return {
        "sent": f"DELETE {checkup.base_url}{trial.path}",
        "signed": checkup.credentials is not None,
        "steps": [{**asdict(step), "seconds": round(step.seconds, 6)} for step in reached.steps],
        "credentials_accepted": reached.accepted,
        "rate_limit": rate_limit_document(reached.rate_limit),
    }


def _say_settings(checkup: Checkup) -> None:
    say("Settings")
    say_columns(((each.name, each.value, _from(each)) for each in checkup.settings), indent="  ")
    if checkup.ignored:
        say("\nSet, and not used")
        say_columns(((f"{ignored.what}: {ignored.why}",) for ignored in checkup.ignored), indent="  ")


def _from(setting: Setting) -> str:
    return setting.where if setting.origin == "default" else f"from {setting.where}"


def _say_surroundings(checkup: Checkup) -> None:
    file, network, document = describe_file(), describe_network(checkup), specification()
    mode = "there is none" if file["mode"] is None else f"permissions {file['mode']}"
    lines = [("credentials file", f"{file['path']} ({mode})"), ("proxy", network["proxy"] or "none is used")]
    lines += [(f"proxy for {name}", f"{url} (environment)") for name, url in network["proxies"].items()]
    lines += [("no proxy for", network["no_proxy"])] if network["no_proxy"] else []
    for name, certificates in network["certificates"].items():
        there = "" if certificates["exists"] else " (there is no such file)"
        lines.append((name, f"{certificates['path']}{there}"))
    title, version, digest = document["title"], document["version"], document["sha256"]
    lines.append(("specification", f"{title}, {version}, sha256 {digest[:12]}…"))
    versions = [f"{name} {found}" for name, found in describe_versions().items() if found]
    lines.append(("versions", ", ".join(versions)))
    say("\nSurroundings")
    say_columns(lines, indent="  ")


def _say_trial(sent: str, *, signed: bool) -> None:
    say("\nThe host")
    lines = [
        ("sent", sent),
        ("", "It is harmless: no voucher has such a code, so nothing is released."),
    ]
    if not signed:
        lines.append(("", "It is sent without credentials, as there are none."))
    say_columns(lines, indent="  ")


def _say_reached(reached: Reached) -> None:
    lines = [
        (_STEPS[step.name], f"{'yes' if step.ok else 'NO'}, {step.seconds * 1000:.0f} ms", step.detail)
        for step in reached.steps
    ]
    lines.append(("credentials", _ACCEPTED[reached.accepted], ""))
    if reached.rate_limit.remaining is not None:
        lines.append(("calls left", f"{reached.rate_limit.remaining:,}", ""))
    say_columns(lines, indent="  ")


def _say_verdict(checkup: Checkup, *, offline: bool) -> None:
    for note in checkup.notes:
        say(f"\nWorth mending: {note}")
    if not checkup.problems:
        say("\nThe settings are well. (Nothing was sent.)" if offline else "\nAll is well.")
    for number, problem in enumerate(checkup.problems, 1):
        say(f"\nProblem {number}: {problem.text}")
