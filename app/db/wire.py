"""Statements for PostgreSQL that are sent together, in libpq's own pipeline, and waited for together.

The server takes longer to wake up than to run most of ours, and the driver's cursors take longer to send one than the
server to run it. The driver's pipeline sends each statement by itself, looks for replies at each, and waits after a BEGIN.

The protocol: PostgreSQL's documentation, “libpq: Pipeline Mode”, and “Frontend/Backend Protocol: Extended Query”.
"""

from collections import OrderedDict, deque
from collections.abc import Sequence
from itertools import count
from typing import Any

from psycopg import Connection
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import Error, InvalidSqlStatementName, OperationalError, error_from_result
from psycopg.generators import fetch, send
from psycopg.pq import ExecStatus, PipelineStatus, TransactionStatus

MOST_KEPT = 200
"""So many statements are left with the server at most by each connection."""
REPLY_WITHIN_S = 30.0
"""A server that says nothing for so long, twice as long as a statement may take, is given up: others may wait for this one."""
_MADE_ROWS = ExecStatus.TUPLES_OK
_FAILED = (ExecStatus.FATAL_ERROR, ExecStatus.PIPELINE_ABORTED)


class Reply:
    """What the server says to one statement, once it is read. `keeps`: it was to leave that statement with the server."""

    __slots__ = ("_wire", "drops", "keeps", "number", "result", "sql")

    def __init__(self, wire: "Wire", number: int, sql: str, *, keeps: bool = False, drops: bytes = b"") -> None:
        self._wire = wire
        self.number = number
        self.sql = sql
        self.keeps = keeps
        self.drops = drops
        self.result: Any = None

    def rows(self) -> list[Any]:
        """Its rows, as tuples. Raises what the server refuses of it, or of one before it."""
        return self._wire.rows(self)

    @property
    def said(self) -> bytes:
        """What was done, such as `COMMIT`. Known once it is read."""
        return self.result.command_status or b""


class Wire:
    """The pipeline of one of the driver's connections. What is sent leaves when something is read, or at the end.

    Between `end` and the next statement the connection is the driver's.
    """

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection
        self._libpq = connection.pgconn
        self._values = Transformer(connection)
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._to_drop: list[bytes] = []
        self._names = count(1)
        self._unread: deque[Reply] = deque()
        self._sent = self._pushed = 0
        self._begun = False
        self._failure: Error | None = None
        self.failed = ""
        """The statement that was refused last."""
        self.goes = 0
        """How many goes are open, one in the other; the outermost one ends the pipeline."""

    @property
    def is_open(self) -> bool:
        """Whether the connection is not the driver's yet."""
        return bool(self._libpq.pipeline_status != PipelineStatus.OFF)

    def send(self, sql: str, values: Sequence[Any], *, begins: bool) -> Reply:
        """Send a statement with `$1`, `$2`, … for its values; it `begins` a transaction where there is none."""
        try:
            dumped = self._values.dump_sequence(values, [PyFormat.TEXT] * len(values))  # first: it may refuse a value
        except Error:
            self.failed = sql
            raise
        if not self.is_open:
            self._libpq.enter_pipeline_mode()
        if begins and not self._begun:
            self._begun = True
            if self._libpq.transaction_status == TransactionStatus.IDLE:
                self._send("BEGIN", ())
        return self._send(sql, dumped)

    def _send(self, sql: str, dumped: Sequence[Any]) -> Reply:
        name = self._kept.get(sql)
        if name is None:
            name = self._keep(sql)
        else:
            self._kept.move_to_end(sql)
        self._libpq.send_query_prepared(name, dumped)
        return self._awaited(sql)

    def _keep(self, sql: str) -> bytes:
        """Leave a statement with the server, and take back the one that was not used for longest."""
        if len(self._kept) >= MOST_KEPT:
            self._to_drop.append(self._kept.popitem(last=False)[1])
        for dropped in self._to_drop:
            self._libpq.send_query_params(b"DEALLOCATE " + dropped, None)
            self._awaited("DEALLOCATE", drops=dropped)
        self._to_drop = []
        name = self._kept[sql] = b"r%d" % next(self._names)
        self._libpq.send_prepare(name, sql.encode())
        self._awaited(sql, keeps=True)
        return name

    def _awaited(self, sql: str, **what: Any) -> Reply:
        self._sent += 1
        reply = Reply(self, self._sent, sql, **what)
        self._unread.append(reply)
        return reply

    def rows(self, reply: Reply) -> list[Any]:
        """The rows of a reply, which is waited for."""
        if reply.result is None:
            if reply.number > self._pushed:  # what was asked to come comes, with all that was sent by then
                self._libpq.send_flush_request()
                self._flush()
            while reply.result is None and self._unread:
                self._read()
        self._raise()
        if reply.result is None or reply.result.status in _FAILED:
            raise OperationalError("The statement was not run: one before it had failed.")
        if reply.result.status != _MADE_ROWS:
            return []
        self._values.set_pgresult(reply.result)
        return self._values.load_rows(0, reply.result.ntuples, tuple)

    def end(self) -> None:
        """Send what was not sent, wait for all replies, and leave the connection to the driver.

        Raises what the server refuses, if that was not raised before.
        """
        self._begun = False
        if not self.is_open:
            return
        try:
            self._libpq.pipeline_sync()
            self._flush()
            while self._unread:
                self._read()
            self._result()  # of the sync itself
            self._libpq.exit_pipeline_mode()
        finally:
            self._unread.clear()
        self._raise()

    def _raise(self) -> None:
        if self._failure is not None:
            failure = self._failure
            if not self.is_open:
                self._failure = None
            raise failure

    def _flush(self) -> None:
        self._pushed = self._sent
        if self._libpq.flush():
            self._wait(send(self._libpq))

    def _read(self) -> None:
        """Read the next reply, and what ends it."""
        reply = self._unread[0]
        result = self._result()
        if result is None:
            raise OperationalError("The server said nothing to a statement.")
        reply.result = result
        self._unread.popleft()
        if result.status in _FAILED:
            self._note(reply)
        self._libpq.get_result()  # what ends it; libpq has that by itself, so nothing is waited for

    def _note(self, reply: Reply) -> None:
        """Note what the server refuses, and what it keeps or does not keep by that."""
        if reply.keeps:
            self._kept.pop(reply.sql, None)
        if reply.drops:
            self._to_drop.append(reply.drops)
        if self._failure is None:
            self._failure, self.failed = error_from_result(reply.result, self._connection.info.encoding), reply.sql
            if isinstance(self._failure, InvalidSqlStatementName):  # somebody has thrown them away
                self._kept.clear()
                self._to_drop = []

    def _result(self) -> Any:
        return self._wait(fetch(self._libpq)) if self._libpq.is_busy() else self._libpq.get_result()

    def _wait(self, generator: Any) -> Any:
        try:
            return self._connection.wait(generator, timeout=REPLY_WITHIN_S)
        except BaseException:
            self._libpq.finish()  # what it would say next could not be told apart
            raise
