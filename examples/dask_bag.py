"""Release a file's sessions on several workers of Dask, which share one quota.

`python -m examples.dask_bag` runs it against a sandbox. On a cluster, make a `dask.distributed.Client`
before, keep the parts and their journals where every worker reaches them, and leave `scheduler=` out.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from dask import bag

from voucherify_wrapper import ApiKey, Voucherify
from voucherify_wrapper.sandbox import RateLimit, Sandbox

PARTS = 4


def split(file: Path, parts: int) -> list[Path]:
    """Deal the rows of a CSV file with a header out to files beside it."""
    header, *rows = file.read_text(encoding="utf-8").splitlines()
    paths = [file.with_name(f"{file.stem}-{number}.csv") for number in range(parts)]
    for number, path in enumerate(paths):
        path.write_text("\n".join([header, *rows[number::parts]]), encoding="utf-8")
    return paths


def release_file(part: Path, voucherify: Voucherify) -> Counter[str]:
    """Release what a file lists, by any worker; a part that is run again goes on where it was.

    The client comes pickled, with its credentials. To keep these out of what Dask sends and stores, make it
    here, as `Voucherify()`, from the worker's environment.
    """
    with part.open(newline="", encoding="utf-8") as file, voucherify:
        run = voucherify.release_many(
            csv.DictReader(file), concurrency=8, journal=part.with_suffix(".sqlite"), missing_ok=True
        )
        return Counter(outcome.status for outcome in run)


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
        voucherify = Voucherify(ApiKey(sandbox.app_id, sandbox.app_token), base_url=sandbox.base_url)
        parts = bag.from_sequence(split(file, PARTS), npartitions=PARTS)  # type: ignore[no-untyped-call]
        counts = parts.map(release_file, voucherify).compute(scheduler="processes", num_workers=2)
        print(dict(sum(counts, Counter())), "by", len(counts), "parts")
        print("sessions still open at the server:", len(sandbox.sessions("SUMMER")))


if __name__ == "__main__":
    main()
