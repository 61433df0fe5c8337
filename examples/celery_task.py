"""Release a file's sessions by a Celery task, on any number of workers that share one quota.

`python -m examples.celery_task` runs it against a sandbox, with a worker of two processes and with folders in
place of a broker. In earnest, give `app` your broker and result backend, give the workers VOUCHERIFY_APP_ID
and VOUCHERIFY_APP_TOKEN, and keep the parts and their journals where all of them reach them.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from celery import Celery, group  # type: ignore[import-untyped]

from examples.dask_bag import PARTS, split
from voucherify_wrapper import ReleasesStoppedError, Voucherify
from voucherify_wrapper.sandbox import RateLimit, Sandbox

app = Celery("releases")
app.conf.task_acks_late = True  # a part whose worker dies goes to another, which goes on by the journal


def use_folders(folder: str) -> None:
    """Let folders stand for a broker and for a result backend."""
    messages, results = Path(folder, "messages"), Path(folder, "results")
    for path in (messages, results):
        path.mkdir(exist_ok=True)
    app.conf.broker_url = "filesystem://"
    app.conf.result_backend = results.as_uri()
    app.conf.broker_transport_options = {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(messages),
    }


@app.task(name="release_file", bind=True, max_retries=None)  # type: ignore[untyped-decorator]
def release_file(self: Any, part: str) -> dict[str, int]:  # noqa: ANN401 - Celery's task
    """Release what a CSV file lists; when the quota is used up for long, go on when it is renewed."""
    path = Path(part)
    try:
        with path.open(newline="", encoding="utf-8") as file, Voucherify() as voucherify:
            run = voucherify.release_many(
                csv.DictReader(file), concurrency=8, journal=path.with_suffix(".sqlite"), missing_ok=True
            )
            return dict(Counter(outcome.status for outcome in run))
    except ReleasesStoppedError as stopped:
        if stopped.retry_after is None:
            raise
        raise self.retry(countdown=stopped.retry_after, exc=stopped) from stopped


def main() -> None:
    """Release three hundred sessions with a quota of two thousand calls a minute."""
    with (
        Sandbox(vouchers={"SUMMER": None}, rate_limit=RateLimit(2000)) as sandbox,
        TemporaryDirectory() as folder,
    ):
        file = Path(folder, "stuck.csv")
        file.write_text(
            "code,session_key\n" + "".join(f"SUMMER,{sandbox.lock('SUMMER')}\n" for _ in range(300)),
            encoding="utf-8",
        )
        use_folders(folder)
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "examples.celery_task", "worker", "--concurrency=2"],
            env={**os.environ, **sandbox.environment(), "RELEASES_FOLDER": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            parts = group(release_file.s(str(part)) for part in split(file, PARTS))
            counts = parts.apply_async().get(timeout=60, interval=0.1)
        finally:
            worker.terminate()
            worker.wait()
        print(dict(sum(map(Counter, counts), Counter())), "by", len(counts), "tasks")
        print("sessions still open at the server:", len(sandbox.sessions("SUMMER")))


if "RELEASES_FOLDER" in os.environ:  # in the worker
    use_folders(os.environ["RELEASES_FOLDER"])
if __name__ == "__main__":
    main()
