"""Make of an upstream document one that means the same on the wire and that generates whole.

`python -m scripts.prepare --spec openapi/vouchers.json --out prepared.json`

The result is a normal form: OpenAPI 3.1; every object and every enum is a component with a name of its own;
no `allOf`, no `nullable`, no titles, no aliases, no lists of types; parameters, bodies and responses stand in
their operations. What could not be kept exactly was made wider, never narrower, and is noted; so is every
mistake of the document that was mended. Names depend on the document's own names alone.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.command import DONE, plain, progress, run
from scripts.preparation import (
    components,
    cycles,
    dialect,
    finishing,
    merging,
    operations,
    parameters,
    shapes,
)
from scripts.preparation.documents import run_passes, standing
from scripts.preparation.usable import check_usable
from scripts.source import read, vendored
from scripts.swap import write_file

if TYPE_CHECKING:
    from scripts.command import Document
    from scripts.notes import Note

PASSES = (
    operations.inline_path_items,
    shapes.mend_schemas,
    shapes.mark_origins,
    shapes.loosen_dangling,
    components.lift_deep_references,
    components.drop_incoming,
    operations.mend_texts,
    operations.mend_security_schemes,
    operations.mend_security,
    operations.mend_status_codes,
    operations.name_operations,
    shapes.add_types,
    shapes.open_patterns,
    dialect.unify_dialects,
    components.open_hierarchies,
    components.unwrap,
    components.push_null_out,
    components.collapse_aliases,
    components.hoist_unmerged,
    cycles.break_circles,
    cycles.open_unions,
    merging.flatten,
    shapes.add_types,
    components.unwrap,
    components.push_null_out,
    components.collapse_aliases,
    components.prune,
    components.hoist,
    operations.inline_parts,
    operations.mend_parts,
    parameters.mend_parameters,
    parameters.mend_path_parameters,
    parameters.merge_paths,
    parameters.simplify_types,
    operations.read_as_text,
    operations.merge_media_types,
    cycles.break_cycles,
    cycles.open_unions,
    components.prune,
    components.name_components,
    finishing.check_defaults,
    finishing.complete_discriminators,
)
"""The passes, in order. Mistakes are mended first; then schemas are brought into form; names come last."""


@dataclass(frozen=True)
class Prepared:
    """A prepared document.

    Attributes:
        document: The document in its normal form.
        notes: What was repaired, loosened and renamed, sorted by pointer.
        origins: Where each schema stood upstream, by its JSON pointer in the prepared document.
    """

    document: Document
    notes: tuple[Note, ...]
    origins: dict[str, str]

    def upstream(self, pointer: str) -> str:
        """Return where something of the prepared document stood upstream.

        Args:
            pointer: A JSON pointer to a schema, a parameter or a media type, or to what is in one.

        Returns:
            The pointer into the upstream document; the same one where nothing is known of it.
        """
        end = len(pointer)
        while end > 0:
            start, rest = pointer[:end], pointer[end:]
            if start in self.origins:
                return self.origins[start] + rest
            if f"{start}/schema" in self.origins:
                holder = self.origins[f"{start}/schema"].removesuffix("/schema")
                of_content = re.fullmatch(r"(.*/parameters/[^/]*)/content/[^/]*", holder)
                return (of_content[1] if of_content else holder) + rest
            end = pointer.rfind("/", 0, end)
        return pointer


def prepare(document: Document) -> Prepared:
    """Prepare a document for the generator.

    Args:
        document: The upstream document; it stays as it is.

    Returns:
        The prepared document, and what was done to it.

    Raises:
        UnusableInputError: It is no OpenAPI document of 3.0 or 3.1, or too broken to repair.
    """
    check_usable(document)
    with progress("Preparing the document"):
        made, notes = run_passes(document, PASSES)
        standing_notes = {replace(note, pointer=standing(document, note.pointer)) for note in notes}
        origins = {here: standing(document, there) for here, there in finishing.origins(made).items()}
        return Prepared(finishing.finish(made), tuple(sorted(standing_notes)), origins)


def main() -> int:
    """Prepare one document, and list what was done."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.prepare", description="Prepare an OpenAPI document."
    )
    parser.add_argument("--spec", type=Path, required=True, help="the OpenAPI document")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    options = parser.parse_args()
    prepared = prepare(read(options.spec))
    write_file(options.out, vendored(prepared.document))
    for note in prepared.notes:
        print(plain(f"{note.kind}: {note.pointer}: {note.what} ({note.why})"))
    return DONE


if __name__ == "__main__":
    sys.exit(run("prepare", main))
