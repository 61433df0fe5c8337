"""Look up in the generated code everything that the upstream document promises.

What is neither found nor named by a note of the preparation is lost. The document is read by
`scripts.promises`, the code by `scripts.generated_code`; neither knows what the preparation did in between,
so a defect of it shows here instead of being repeated.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from scripts.generated_code import ANYTHING, NOTHING, PLACEHOLDER, Package, plain
from scripts.notes import Kind, Note
from scripts.promises import (
    SCHEMAS,
    Promise,
    Promises,
    ancestors,
    child,
    components_of,
    identity,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from scripts.command import Document, Json
    from scripts.generated_code import Call, Name, Types, Written
    from scripts.promises import Media, Member, Operation, Parameter, Place, Pointers, Response, Shape

KINDS = (
    "operation",
    "parameter",
    "request_body",
    "response",
    "property",
    "enum_value",
    "security_scheme",
)
"""What is counted."""

_NO_TYPES: Types = frozenset()
_NULL: Types = frozenset({NOTHING, ANYTHING})

_HOLDS = {
    "string": frozenset({"string"}),
    "integer": frozenset({"integer", "number"}),
    "number": frozenset({"number"}),
    "boolean": frozenset({"boolean"}),
}
"""JSON's simple types, and the types of the code that have a place for them."""

_JSON_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
"""The types of literals' values."""

_MOST_LISTED = 4
"""Names that a message lists."""

_MENDED_AWAY = frozenset({"enum_value", "parameter", "security_scheme"})
"""What a repair may take away: a stray parameter, a value of a wrong type, a scheme that nobody defines.

Everything else that was repaired or renamed has to be there. What was loosened may be gone with all in it.
"""

_CONDITIONAL = frozenset({"dependentSchemas", "else", "patternProperties", "prefixItems", "then"})
_CONDITIONAL_WHY = "no type says what holds under a condition, by a pattern or at a place"

_SENDABLE_HTTP = frozenset({"basic", "bearer"})


@dataclass(frozen=True, order=True)
class Loss:
    """Something that the document promises and the code lacks.

    Attributes:
        pointer: JSON pointer into the upstream document, to the promise.
        kind: What it is, one of `KINDS`.
        what: What is missing, and where it was looked for.
    """

    pointer: str
    kind: str
    what: str


@dataclass(frozen=True)
class Ledger:
    """What became of a document's promises.

    Attributes:
        lost: What is missing without a reason.
        named: What is missing, and a note says why.
        unneeded: What the wrapper cannot do, and no operation needs.
        counts: For each kind, how many promises there are (`in`), and how many of them are kept (`out`).
        notes: What the preparation did.
    """

    lost: tuple[Loss, ...]
    named: tuple[Loss, ...]
    unneeded: tuple[Loss, ...]
    counts: dict[str, dict[str, int]]
    notes: tuple[Note, ...]

    def as_json(self) -> dict[str, Json]:
        """Return the report."""
        report: dict[str, Any] = {"counts": self.counts}
        for title in ("lost", "named", "unneeded"):
            report[title] = [asdict(loss) for loss in getattr(self, title)]
        for kind in (Kind.LOOSENED, Kind.REPAIRED, Kind.RENAMED):
            report[kind.value] = [note.as_json() for note in self.notes if note.kind is kind]
        return report


def audit(upstream: Document, notes: Sequence[Note], package: Path) -> Ledger:
    """Look up a document's promises in the code.

    Args:
        upstream: The document as its source gave it.
        notes: What the preparation did, with pointers into this document.
        package: The folder of the generated package.

    Returns:
        What was found, and what was not.
    """
    audited = _Audit(upstream, notes, Package(package))
    audited.look_up()
    return audited.ledger()


def is_sendable(scheme: Place) -> bool:
    """Tell whether the wrapper can send what a security scheme asks for.

    Its credentials are headers: any header with a key of its own, and `Authorization` with a token.

    Args:
        scheme: The security scheme.

    Returns:
        Whether it can.
    """
    kind, where, name = (scheme.child(key).value for key in ("type", "in", "scheme"))
    if kind == "http":
        return isinstance(name, str) and name.lower() in _SENDABLE_HTTP
    return kind == "oauth2" or (kind == "apiKey" and where == "header")


@dataclass(frozen=True)
class _Job:
    """Schemas that hold together, and the types of the code that have to be as wide.

    Attributes:
        promise: What is not kept where they are not.
        pointers: The schemas.
        types: What the code has.
        is_open: Whether anything else may stand in that place too.
    """

    promise: Promise
    pointers: Pointers
    types: Types
    is_open: bool = False


class _Audit:
    def __init__(self, upstream: Document, notes: Sequence[Note], package: Package) -> None:
        self.document = Promises(upstream)
        self.package = package
        self.notes = tuple(sorted(notes))
        self.loosened = {note.pointer for note in notes if note.kind is Kind.LOOSENED}
        self.mended = {note.pointer for note in notes if note.kind is Kind.REPAIRED}
        self.renames = {note.pointer: note for note in notes if note.kind is Kind.RENAMED}
        self.promised: dict[Promise, None] = {}
        self.met: set[Promise] = set()
        self.missed: set[Promise] = set()
        self.losses: set[Loss] = set()
        self.named: set[Loss] = set()
        self.unneeded: set[Loss] = set()
        self.broken: set[str] = set()
        self.void: set[str] = set()
        self.dropped: dict[Promise, Member] = {}
        self.jobs: list[_Job] = []
        self.known_jobs: set[_Job] = set()
        self.known_objects: set[tuple[Pointers, frozenset[Name]]] = set()
        self.arrived: set[str] = set()
        self.rooted: list[str] = []

    # The account

    def promise(self, promise: Promise) -> Promise:
        self.promised[promise] = None
        return promise

    def keep(self, promise: Promise) -> None:
        self.met.add(promise)

    def miss(self, promise: Promise, what: str, *places: str, at: str | None = None) -> None:
        """Enter that something is missing.

        Args:
            promise: The promise that is not kept.
            what: What is missing.
            places: More places whose notes are a reason.
            at: The place to name, where it is not the promise's own.
        """
        pointer = promise.pointer if at is None else at
        conditional = _is_conditional(pointer)
        loss = Loss(pointer, promise.kind, f"{what}: {_CONDITIONAL_WHY}" if conditional else what)
        self.broken |= {promise.pointer, pointer}
        self.missed.add(promise)
        has_reason = (
            conditional
            or any(
                not self.loosened.isdisjoint(ancestors(place))
                for place in {promise.pointer, pointer, *places}
            )
            or (promise.kind in _MENDED_AWAY and pointer in self.mended)
        )
        (self.named if has_reason else self.losses).add(loss)

    def ledger(self) -> Ledger:
        counts = {}
        for kind in KINDS:
            of_kind = [promise for promise in self.promised if promise.kind == kind]
            kept = Counter(promise in self.met and promise not in self.missed for promise in of_kind)
            counts[kind] = {"in": len(of_kind), "out": kept[True]}
        lost = self.losses
        return Ledger(
            tuple(sorted(lost)),
            tuple(sorted(self.named - lost)),
            tuple(sorted(self.unneeded)),
            counts,
            self.notes,
        )

    def look_up(self) -> None:
        operations = list(self.document.operations())
        self.look_up_operations(operations)
        self.compare()
        self.look_up_components()
        self.look_up_security(operations)
        self.look_at_what_was_passed_over()

    # Operations

    def look_up_operations(self, operations: Sequence[Operation]) -> None:
        held: dict[tuple[str, str], list[Call]] = defaultdict(list)
        for found in self.package.calls:
            held[found.method, _shape_of(found.path)].append(found)
        wanted: dict[tuple[str, str], list[Operation]] = defaultdict(list)
        for operation in operations:
            wanted[operation.method, _shape_of(operation.path)].append(operation)
        for key, group in wanted.items():
            for operation, call in _paired(group, held[key]):
                promise = self.promise(Promise("operation", operation.place.pointer, operation.title))
                if call is None:
                    what = f"{operation.title} has no module of its own that can send it"
                    self.miss(promise, what, *operation.place.detours)
                elif any(written.argument not in call.arguments for written in call.placeholders):
                    self.miss(promise, f"no argument fills a place in the path of {operation.title}")
                else:
                    self.keep(promise)
                self.look_up_parts(operation, call)
        for pointer, reference in self.document.closed.items():
            self.miss(
                self.promise(Promise("operation", pointer)), f"the reference {reference!r} leads nowhere"
            )

    def look_up_parts(self, operation: Operation, call: Call | None) -> None:
        for parameter in operation.parameters:
            self.look_up_parameter(operation, parameter, call)
        for media in operation.bodies:
            self.look_up_body(operation, media, call)
        for response in operation.responses:
            self.look_up_response(operation, response, call)

    def look_up_parameter(self, operation: Operation, parameter: Parameter, call: Call | None) -> None:
        promise = self.promise(Promise("parameter", parameter.place.pointer, operation.title))
        self.root(parameter.schema)
        if call is None:
            self.pass_over(parameter.schema)
            return
        written: Written | None
        if parameter.location == "path":
            declared = [one.name for one in operation.parameters if one.location == "path"]
            position = _position(parameter.name, PLACEHOLDER.findall(operation.path), declared)
            written = call.placeholders[position] if position is not None else None
        else:
            written = call.sent.get((parameter.location, parameter.name))
        if written is None or written.argument not in call.arguments:
            what = f"{operation.title} does not send the {parameter.location} parameter {parameter.name!r}"
            if not parameter.name:
                what = f"{operation.title} has a parameter that has no name, no location, or is none"
            self.miss(promise, what, *parameter.place.detours)
            self.pass_over(parameter.schema)
            return
        self.keep(promise)
        if not _is_written_as_promised(parameter, written):
            what = f"{operation.title} writes {parameter.name!r} as {written.style}, not as {parameter.style}"
            self.miss(promise, what, *parameter.place.detours)
        self.expect(promise, parameter.schema, call.arguments[written.argument])

    def look_up_body(self, operation: Operation, media: Media, call: Call | None) -> None:
        promise = self.promise(Promise("request_body", media.place.pointer, operation.title))
        self.root(media.schema)
        if call is None:
            self.pass_over(media.schema)
        elif "body" not in call.arguments or media.name not in call.bodies:
            self.miss(promise, f"{operation.title} does not send {media.name!r}", *media.place.detours)
            self.pass_over(media.schema)
        else:
            self.keep(promise)
            self.expect(promise, media.schema, call.arguments["body"], call.bodies[media.name])

    def look_up_response(self, operation: Operation, response: Response, call: Call | None) -> None:
        promise = self.promise(Promise("response", response.place.pointer, operation.title))
        for media in response.media:
            self.root(media.schema)
        if call is None:
            self.pass_over(*(media.schema for media in response.media))
            return
        schemas = [media for media in response.media if media.schema is not None]
        types = call.answers.get(response.code)
        nulls = [self.document.is_null((media.schema.pointer,)) for media in schemas if media.schema]
        if (
            types is None
            or (types <= {NOTHING} and not all(nulls))
            or (any(nulls) and types.isdisjoint(_NULL))
        ):
            what = f"{operation.title} does not parse answers with the code {response.code}"
            self.miss(promise, what, *response.place.detours)
            self.pass_over(*(media.schema for media in response.media))
            return
        self.keep(promise)
        for media in schemas:
            self.expect(promise, media.schema, types, *call.returns)
            self.look_up_returned(promise, media, types, call)

    def look_up_returned(self, promise: Promise, media: Media, types: Types, call: Call) -> None:
        """Look up the classes that answers are decoded to in what the functions say that they return."""
        classes = {one for one in types if one.definition is not None}
        if media.schema is not None and any(not classes <= returned for returned in call.returns):
            what = f"{promise.scope} does not say that it returns {_described(frozenset(classes))}"
            self.miss(promise, what, *media.place.detours, at=media.schema.pointer)

    def root(self, schema: Place | None) -> None:
        if schema is not None:
            self.rooted.append(schema.pointer)

    def pass_over(self, *schemas: Place | None) -> None:
        """Leave out what lies in schemas, as what they belong to is missing, and entered."""
        self.broken.update(schema.pointer for schema in schemas if schema is not None)

    # Schemas

    def expect(self, promise: Promise, schema: Place | None, *claims: Types) -> None:
        """Compare a schema with all that the code says about the same value."""
        if schema is not None:
            for types in claims:
                self.push(_Job(promise, (schema.pointer,), types))

    def push(self, job: _Job) -> None:
        if job not in self.known_jobs:
            self.known_jobs.add(job)
            self.jobs.append(job)

    def compare(self) -> None:
        while self.jobs:
            job = self.jobs.pop()
            shapes = self.shapes(job.pointers)
            if any(shape.is_open for shape in shapes):
                job = replace(job, is_open=True)
            for shape in shapes:
                self.compare_shape(job, shape)

    def shapes(self, pointers: Pointers) -> list[Shape]:
        """Return the shapes that accept anything; what lies in the others alone is not promised."""
        void: list[Shape] = []
        live: list[Shape] = []
        for shape in self.document.alternatives(pointers):
            (void if self.document.is_void(shape) else live).append(shape)
        if void:
            alive = set().union(*(shape.trail for shape in live))
            self.void.update(place for shape in void for place in shape.trail if place not in alive)
        for shape in live:
            self.dropped.update((Promise("enum_value", one.pointer), one) for one in shape.dropped)
        return live

    def compare_shape(self, job: _Job, shape: Shape) -> None:
        for pointer in shape.trail:
            if pointer in self.document.dangling:
                what = f"the reference {self.document.dangling[pointer]!r} leads nowhere"
                self.miss(job.promise, what, *job.pointers, at=pointer)
        wanted = shape.wants
        if shape.members is not None:
            self.compare_members(shape, job.types)
            wanted -= _HOLDS.keys()
        for kind in sorted(wanted):
            if kind == "object":
                self.compare_object(job, shape)
            elif kind == "array":
                self.compare_items(job, shape)
            elif not any(
                (one.kind == "scalar" and one.name in _HOLDS[kind])
                or any(_JSON_TYPES.get(name) in _HOLDS[kind] for name, _ in one.values)
                for one in job.types
            ):
                self.misfit(job, shape, kind)

    def misfit(self, job: _Job, shape: Shape, kind: str) -> None:
        """Enter that a type has no place for what a shape allows, or one that is as good as none."""
        if job.is_open and ANYTHING in job.types:
            return
        what = f"{_described(job.types)} is not {_WORDS[kind]}"
        self.miss(job.promise, what, *shape.trail, at=job.pointers[0])

    def compare_members(self, shape: Shape, types: Types) -> None:
        values = {identity(value) for one in types for _, value in one.values}
        if any(one.name == "boolean" for one in types):
            values |= {"true", "false"}
        members = [member for member in shape.members or () if member.value is not None]
        for member in members:
            promise = Promise("enum_value", member.pointer)
            if identity(member.value) in values:
                self.keep(promise)
            else:
                what = f"{member.value!r} is no member of {_described(types)}"
                self.miss(promise, what, *shape.trail)

    def compare_items(self, job: _Job, shape: Shape) -> None:
        lists = [one for one in job.types if one.kind == "list"]
        if not lists:
            self.misfit(job, shape, "array")
            return
        inner = _NO_TYPES.union(*(one.inner for one in lists))
        for pointers in shape.items:
            self.push(_Job(job.promise, pointers, inner, shape.has_open_items))

    def compare_object(self, job: _Job, shape: Shape) -> None:
        classes = {one.definition for one in job.types if one.definition is not None}
        mappings = _NO_TYPES.union(*(one.inner for one in job.types if one.kind == "mapping"))
        if not classes and (shape.properties or not mappings):
            self.misfit(job, shape, "object")
            return
        best = self.best(shape, classes)
        further = mappings.union(*(self.package.further(name) for name in best))
        for pointers in shape.values:
            self.push(_Job(job.promise, pointers, further, shape.has_open_values))
        if not shape.properties or (shape.trail, best) in self.known_objects:
            return
        self.known_objects.add((shape.trail, best))
        self.arrived.update(
            component
            for component in components_of(shape.trail)
            if any(
                own.properties.keys() == shape.properties.keys()
                for own in self.document.alternatives((child(SCHEMAS, component),))
            )
        )
        for wire, pointers in shape.properties.items():
            self.compare_property(shape, best, wire, pointers)

    def compare_property(self, shape: Shape, best: frozenset[Name], wire: str, pointers: Pointers) -> None:
        holders = [name for name in best if wire in self.package.taken(name)]
        if not self.document.is_possible(pointers):
            self.void.update(pointers)
            return
        for pointer in pointers:
            promise = Promise("property", pointer)
            if not holders:
                self.miss(
                    promise,
                    f"{_listed(name.name for name in best)} has no attribute that takes {wire!r}",
                    *shape.trail,
                )
                continue
            self.keep(promise)
        if holders:
            claims = [self.package.claims(name, wire) for name in holders]
            for number in range(max(map(len, claims))):
                types = _NO_TYPES.union(*(claim[min(number, len(claim) - 1)] for claim in claims))
                self.push(_Job(Promise("property", pointers[-1]), pointers, types))

    def best(self, shape: Shape, classes: Iterable[Name]) -> frozenset[Name]:
        """Return the classes that have the most of a shape's properties; of these the one with its name."""
        scores = {name: len(self.package.taken(name) & shape.properties.keys()) for name in classes}
        most = max(scores.values(), default=0)
        best = {name for name, score in scores.items() if score == most}
        wanted = {plain(component) for component in components_of(shape.trail)[-1:]}
        return frozenset({name for name in best if plain(name.name) in wanted} or best)

    # Components

    def look_up_components(self) -> None:
        """Compare the components by name: those that no operation leads to have classes too."""
        for component in self.document.components():
            pointer = child(SCHEMAS, component)
            shapes = [shape for shape in self.shapes((pointer,)) if shape.properties]
            if not shapes or self.document.alias_of(component) is not None:
                continue
            promise = Promise("property", pointer)
            names = self.called(pointer, component)
            own = _NO_TYPES.union(*(self.package.alias(name) for name in names))
            if len(shapes) > 1 or not names:
                own = own.union(*(self.akin(shape, component) for shape in shapes))
            if component in self.arrived and not names:
                continue
            for shape in shapes:
                for places in shape.properties.values():
                    self.rooted += places
                    self.promised.update((Promise("property", place), None) for place in places)
                if own:
                    self.compare_object(_Job(promise, (pointer,), own), shape)
            if not own:
                self.miss(promise, f"no class is called {component!r}")
        self.compare()

    def called(self, pointer: str, component: str) -> list[Name]:
        """Return the classes that are called as a component, or as a note says that it is called."""
        note = self.renames.get(pointer)
        words = [
            component,
            f"field_{component}",
            *(note.what.replace("`", " ").replace("'", " ").split() if note else []),
        ]
        return [name for word in words if plain(word) for name in self.package.named.get(plain(word), ())]

    def has_member(self, member: Member) -> bool:
        """Tell whether the enum that is called as a member's component has the value."""
        names = (
            name
            for component in components_of(tuple(ancestors(member.pointer)))
            for name in self.called(child(SCHEMAS, component), component)
        )
        held = _NO_TYPES.union(*(self.package.alias(name) for name in names))
        return identity(member.value) in {identity(value) for one in held for _, value in one.values}

    def akin(self, shape: Shape, component: str) -> Types:
        """Return the classes of a union's variants: those called as its parts, or made for it."""
        names = [
            name
            for part in components_of(shape.trail)
            if part != component
            for name in self.called(child(SCHEMAS, part), part)
        ]
        start = plain(component)
        names += (n for key, held in self.package.named.items() if key.startswith(start) for n in held)
        return _NO_TYPES.union(*(self.package.alias(name) for name in names))

    # Security

    def look_up_security(self, operations: Sequence[Operation]) -> None:
        schemes = dict(self.document.security_schemes())
        sendable = {name for name, scheme in schemes.items() if is_sendable(scheme)}
        needed: dict[str, str] = {}
        for operation in operations:
            choices = operation.security
            if choices and not any(choice <= sendable for choice in choices):
                for choice in choices:
                    needed.update((name, operation.title) for name in choice - sendable)
                for name in frozenset().union(*choices) - schemes.keys():
                    promise = self.promise(
                        Promise("security_scheme", child(operation.place.pointer, "security"), name)
                    )
                    self.miss(
                        promise, f"{operation.title} needs {name!r}, which the document does not define"
                    )
        for name, scheme in schemes.items():
            promise = self.promise(Promise("security_scheme", scheme.pointer))
            if name in sendable:
                self.keep(promise)
            elif name in needed:
                self.miss(
                    promise, f"the wrapper cannot send {name!r}, which {needed[name]} needs", *scheme.detours
                )
            else:
                what = f"the wrapper cannot send {name!r}, and no operation needs it"
                self.unneeded.add(Loss(scheme.pointer, promise.kind, what))

    def look_at_what_was_passed_over(self) -> None:
        """Enter the properties and enum values that nothing in the code was compared with."""
        parts = dict.fromkeys(self.document.parts(self.rooted))
        self.promised.update(parts)
        beside = parts.keys() - self.document.parts(self.rooted, self.void)
        unseen = [one for one in self.promised if one not in self.met and one not in self.missed]
        for promise in unseen:
            around = list(ancestors(promise.pointer))
            if not self.broken.isdisjoint(around):
                continue  # what it lies in is missing, and entered
            if promise in self.dropped and self.has_member(self.dropped[promise]):
                self.keep(promise)
            elif promise in self.dropped or promise in beside or not self.void.isdisjoint(around):
                del self.promised[promise]  # no such value can be there
            elif promise.kind in {"property", "enum_value"}:
                self.miss(promise, "nothing in the code was found to compare it with")


_WORDS = {
    "array": "a list",
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "object": "an object with its properties",
    "string": "a text",
    # What the code may have instead:
    "any": "Any",
    "list": "a list",
    "mapping": "a dict",
    "unknown": "something unknown",
}
"""Types, in words."""


def _is_conditional(pointer: str) -> bool:
    """Tell whether a place is within what a schema says of some values only."""
    parts = iter(pointer.split("/"))
    for part in parts:
        if part in ("properties", "schemas"):
            next(parts, None)  # a name
        elif part in _CONDITIONAL:
            return True
    return False


def _shape_of(path: str) -> str:
    """Return a path without the names of its parameters, which are not on the wire."""
    return PLACEHOLDER.sub("{}", path)


def _paired(group: Sequence[Operation], calls: Sequence[Call]) -> list[tuple[Operation, Call | None]]:
    """Give each operation a module of its own, the one with its name where there is a choice."""
    left = list(calls)
    found: dict[int, Call] = {}
    for exact in (True, False):
        for number, operation in enumerate(group):
            for call in left if number not in found else ():
                if not exact or plain(call.module.rpartition(".")[2]) == plain(operation.name):
                    found[number] = call
                    left.remove(call)
                    break
    return [(operation, found.get(number)) for number, operation in enumerate(group)]


def _position(name: str, places: Sequence[str], declared: Sequence[str]) -> int | None:
    """Return the place of a path parameter; one that the path calls otherwise takes the first free place."""
    if name in places:
        return places.index(name)
    free = [place for place in places if place not in declared]
    strangers = [one for one in declared if one not in places]
    number = strangers.index(name)
    return places.index(free[number]) if number < len(free) else None


def _is_written_as_promised(parameter: Parameter, written: Written) -> bool:
    plain_style = parameter.style == "deepObject" or "/" in parameter.style
    return written.style == parameter.style and (plain_style or written.explode == parameter.explode)


def _described(types: Types) -> str:
    """Write a union as Python does, more or less."""
    words = set()
    for one in types - {NOTHING}:
        if one.definition is not None:
            words.add(one.definition.name)
        elif one.kind == "literal":
            words.update(repr(value) for _, value in one.values)
        else:
            words.add(one.name or _WORDS[one.kind])
    return _listed(words, " | ") or "None"


def _listed(words: Iterable[str], between: str = ", ") -> str:
    """Write a list, but not a long one."""
    ordered = sorted(words)
    first, rest = ordered[:_MOST_LISTED], ordered[_MOST_LISTED:]
    return between.join(first) + (f" and {len(rest)} more" if rest else "")
