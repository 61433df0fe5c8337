"""A proxy that harms what passes through it, down to single bytes, in front of a real server.

`FaultProxy` knows requests from answers, and does to each exchange what its plan says; `StreamProxy` forwards
bytes that it does not understand, such as TLS. The sandbox's own faults make answers up and break them off;
these lie on the way, where a request can be lost as well, and where the server acts and nobody is told.
"""

from __future__ import annotations

import math
import re
import select
import socket
import struct
import threading
from collections import deque
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    Plan = Callable[[int, bytes], "Strike | None"]
    Serve = Callable[[socket.socket, ExitStack], None]

Side = Literal["request", "answer"]
Kind = Literal["reset", "stall", "half-close", "close", "drip", "corrupt", "again"]

_CUTTING: tuple[Kind, ...] = ("reset", "stall", "half-close", "close")
_LINGER_ZERO = struct.pack("ii", 1, 0)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"
_PIECE = 65_536
_FLIPPED = 0x80  # no byte of HTTP's own syntax has this bit, so none becomes another one that means something


@dataclass(frozen=True, slots=True)
class Strike:
    """What befalls one exchange.

    Attributes:
        side: where it strikes. On the way there, the server gets only the bytes before; on the way back, it
            has acted, unless `acts` says otherwise.
        kind: `reset` (TCP RST), `stall` until the client leaves, `half-close` (the receiver is told that no
            more will come, and the other direction stays open), or `close`; on the way back also `drip` (byte
            for byte from there on), `corrupt` (one byte), and `again` (the whole answer, and as many bytes of
            it once more).
        at: how many bytes pass before.
        answer: what is sent instead of the server's answer.
        acts: whether the server gets the request at all.
        pause: seconds between the bytes that drip.
    """

    side: Side
    kind: Kind
    at: int = 0
    answer: bytes | None = None
    acts: bool = True
    pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that was given to a client.

    Attributes:
        answer: its bytes, the server's or made up; where they are damaged, as they were before.
        whole: whether it may have come to its end, as nothing broke it off before.
    """

    answer: bytes
    whole: bool


class _Proxy:
    """Listens on loopback, and attends to each connection in a thread of its own."""

    def __init__(self, port: int) -> None:
        self._upstream = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self._mutex = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._clients = 0
        self._closing = False
        self._accepting = threading.Thread(target=self._accept, name="fault-proxy", daemon=True)
        self._accepting.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        """Where a client finds it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections of clients are open."""
        return self._clients

    def close(self) -> None:
        """Stop, whatever the connections are doing."""
        with self._mutex:
            self._closing = True
            open_now = [self._listener, *self._sockets]
        for each in open_now:
            with suppress(OSError):
                socket.socket.shutdown(each, socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        while threads := [it for it in threading.enumerate() if it.name == f"fault-proxy {self.port}"]:
            threads[0].join()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with self._mutex:
                self._clients += 1
            threading.Thread(
                target=self._attend,
                args=(client, self._next_serving()),
                name=f"fault-proxy {self.port}",
                daemon=True,
            ).start()

    def _attend(self, client: socket.socket, serve: Serve) -> None:
        try:
            with ExitStack() as stack, suppress(OSError):
                serve(self._kept(client, stack), stack)
        finally:
            with self._mutex:
                self._clients -= 1

    def _kept(self, connection: socket.socket, stack: ExitStack) -> socket.socket:
        """Close it at the end, or when the proxy is."""
        stack.callback(self._forget, connection)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self._mutex:
            self._sockets.add(connection)
            if self._closing:
                raise ConnectionAbortedError
        return connection

    def _forget(self, connection: socket.socket) -> None:
        with self._mutex:
            self._sockets.discard(connection)
        connection.close()

    def _server(self, stack: ExitStack) -> socket.socket:
        return self._kept(socket.create_connection(self._upstream), stack)

    def _next_serving(self) -> Serve:
        """What serves the next connection; asked in the order in which they came, however late that is."""
        return self._serve

    def _serve(self, client: socket.socket, stack: ExitStack) -> None:
        raise NotImplementedError


class FaultProxy(_Proxy):
    """Forwards HTTP exchanges whose requests have no body, and strikes those that its plan says.

    Args:
        port: the server's, on loopback.
        plan: asked with the number of each exchange and the head of its request, from any thread. Without
            one, `strike` says what befalls.
        tls: what to serve TLS with; strikes are for the clear alone.

    Attributes:
        exchanges: how many have begun.
        sizes: of the last request and answer that passed whole, in bytes.
    """

    def __init__(self, port: int, plan: Plan | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.exchanges = 0
        self.sizes = (0, 0)
        self._waiting: dict[bytes, list[Strike]] = {}
        self._given: dict[bytes, list[Given]] = {}
        self._plan: Plan = plan or self._next
        self._tls = tls
        super().__init__(port)

    def strike(self, last_segment: str, *strikes: Strike) -> None:
        """Let these befall the next exchanges, one each, whose path ends so; and note what all are given."""
        self._given[last_segment.encode()] = []
        self._waiting[last_segment.encode()] = [*strikes]

    def given(self, last_segment: str) -> list[Given]:
        """What the exchanges were given whose path ends so, since `strike` was told of them.

        Each is noted before its first byte is sent, so whoever has an answer finds it here. The order is that
        of the requests, as long as each is made when the one before has ended, and by its answer or by what
        the proxy did; when a client just stops waiting, its request may come through after the next one.
        """
        return [*self._given[last_segment.encode()]]

    def take_back(self, last_segment: str) -> int:
        """Forget those that have met no exchange so far, and tell how many they were."""
        return len(self._waiting.pop(last_segment.encode(), ()))

    def _next(self, _: int, head: bytes) -> Strike | None:
        with suppress(IndexError):
            return self._waiting.get(_last_segment(head), []).pop(0)
        return None

    def _note(self, head: bytes, answer: bytes, strike: Strike | None) -> None:
        cut = strike and strike.side == "answer" and strike.kind in _CUTTING and strike.at < len(answer)
        self._given.get(_last_segment(head), []).append(Given(answer, not cut))

    def _planned(self, head: bytes) -> Strike | None:
        with self._mutex:
            number, self.exchanges = self.exchanges, self.exchanges + 1
        return self._plan(number, head)

    def _serve(self, client: socket.socket, stack: ExitStack) -> None:
        if self._tls:
            client = stack.enter_context(self._tls.wrap_socket(client, server_side=True))
        server: socket.socket | None = None
        going = True
        while going:
            taken = b"" if self._peeked(client).endswith(_END) else _head(client)
            if not (head := taken or self._peeked(client)).endswith(_END):
                return
            strike = self._planned(head)
            if strike and not strike.acts:
                _exactly(client, len(head) - len(taken))
                self._note(head, strike.answer or b"", strike)
                going = _answered(client, strike.answer or b"", strike)
                continue
            try:
                server = server or self._server(stack)
                going = self._exchanged(client, server, head, taken, strike)
            except _ServerGoneError:
                _reset(client)  # as the system of a server that was killed does it
                return

    def _peeked(self, client: socket.socket) -> bytes:
        """What has come, left where it is; nothing where TLS is in the way."""
        return b"" if self._tls else client.recv(_PIECE, socket.MSG_PEEK)

    def _exchanged(
        self,
        client: socket.socket,
        server: socket.socket,
        head: bytes,
        taken: bytes,
        strike: Strike | None,
    ) -> bool:
        """Perform one exchange; whether another may follow on the connection."""
        if strike and strike.side == "request":
            # No more is taken, so that the rest waits where a reset meets it.
            _exactly(client, strike.at - len(taken))
            server.sendall(head[: strike.at])
            _break_off(client, server if strike.kind == "half-close" else client, strike.kind)
            if strike.kind == "half-close":
                with suppress(OSError):  # whatever the server makes of that
                    answer = b"".join(iter(lambda: server.recv(_PIECE), b""))
                    self._note(head, answer, strike)
                    client.sendall(answer)
            return False
        _exactly(client, len(head) - len(taken))
        answer = _answer_to(server, head)
        self.sizes = (len(head), len(answer))
        if strike and strike.answer is not None:
            answer = strike.answer
        self._note(head, answer, strike)
        if strike is None:
            client.sendall(answer)
            return True
        return _answered(client, answer, strike)


class _ServerGoneError(OSError):
    """The server could not be reached, or left before its answer was complete."""


def _answered(client: socket.socket, answer: bytes, strike: Strike) -> bool:
    """Give an answer as it is struck; whether another exchange may follow."""
    before, after = answer[: strike.at], answer[strike.at :]
    if strike.kind == "again":
        client.sendall(answer + before)
        return True
    client.sendall(before)
    if strike.kind == "drip":
        for number in range(len(after)):
            client.sendall(after[number : number + 1])
            if strike.pause and select.select([client], [], [], strike.pause)[0]:
                return False  # it has left
        return True
    if strike.kind == "corrupt":
        client.sendall(bytes(each ^ _FLIPPED for each in after[:1]) + after[1:])
        return True
    _break_off(client, client, strike.kind)
    if strike.kind == "half-close":
        _await_end(client)
    return False


def _break_off(client: socket.socket, receiver: socket.socket, kind: Kind) -> None:
    if kind == "reset":
        _reset(client)
    elif kind == "stall":
        _await_end(client)
    elif kind == "half-close":
        receiver.shutdown(socket.SHUT_WR)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)  # when it is closed


def _await_end(connection: socket.socket) -> None:
    while connection.recv(_PIECE):
        pass


def _exactly(connection: socket.socket, size: int) -> bytes:
    """So many bytes and none more; fewer at the end."""
    received = b""
    while len(received) < size and (piece := connection.recv(size - len(received))):
        received += piece
    return received


def _last_segment(head: bytes) -> bytes:
    return head.split(b" ", 2)[1].rpartition(b"/")[2]


def _head(connection: socket.socket) -> bytes:
    received = b""
    while not received.endswith(_END) and (piece := connection.recv(_PIECE)):
        received += piece
    return received


def _answer_to(server: socket.socket, request: bytes) -> bytes:
    try:
        server.sendall(request)
        answer = b""
        while not _is_whole(answer):
            piece = server.recv(_PIECE)
            if not piece:
                raise _ServerGoneError
            answer += piece
    except OSError as error:
        raise _ServerGoneError from error
    return answer


def _is_whole(answer: bytes) -> bool:
    head, end, body = answer.partition(_END)
    length = _LENGTH.search(head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)


class Tunnels(_Proxy):
    """A proxy of the ordinary kind, which connects to one server whatever `CONNECT` asks for."""

    def _serve(self, client: socket.socket, stack: ExitStack) -> None:
        _head(client)
        server = self._server(stack)
        client.sendall(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy" + _END)
        _forward_all({client: math.inf, server: math.inf}, client, server, None)


class StreamProxy(_Proxy):
    """Forwards bytes, whatever they mean; what `strike` was given befalls the next connections, one each.

    Args:
        port: the server's, on loopback.
    """

    def __init__(self, port: int) -> None:
        self._waiting: deque[Strike] = deque()
        super().__init__(port)

    def strike(self, *strikes: Strike) -> None:
        """Let these befall the next connections: `reset`, `stall`, `half-close` or `corrupt`."""
        self._waiting.extend(strikes)

    @property
    def pending(self) -> int:
        """How many of these have met no connection so far."""
        return len(self._waiting)

    def _next_serving(self) -> Serve:
        return partial(self._serve_struck, self._waiting.popleft() if self._waiting else None)

    def _serve_struck(self, strike: Strike | None, client: socket.socket, stack: ExitStack) -> None:
        server = self._server(stack)
        left: dict[socket.socket, float] = {client: math.inf, server: math.inf}
        if strike:
            left[server if strike.side == "answer" else client] = strike.at
        _forward_all(left, client, server, strike)


def _forward_all(
    left: dict[socket.socket, float], client: socket.socket, server: socket.socket, strike: Strike | None
) -> None:
    """Forward both ways until both have ended, and strike where no byte is left before it."""
    while left:
        for source in select.select([*left], [], [])[0]:
            sink = server if source is client else client
            if left[source]:
                _forward(source, sink, left)
            elif strike and strike.kind == "corrupt":
                sink.sendall(bytes(each ^ _FLIPPED for each in source.recv(1)))
                left[source] = math.inf
            elif strike:
                _break_off(client, sink, strike.kind)
                if strike.kind != "half-close":
                    return
                del left[source]


def _forward(source: socket.socket, sink: socket.socket, left: dict[socket.socket, float]) -> None:
    piece = source.recv(int(min(left[source], _PIECE)))
    left[source] -= len(piece)
    if piece:
        sink.sendall(piece)
    else:
        del left[source]
        sink.shutdown(socket.SHUT_WR)
