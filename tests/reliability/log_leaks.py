"""LOG: a canary sits in every input of every command, every failure is forced, and the canary is looked for in all that is logged or raised.

``python -m tests.reliability.log_leaks --seed 1 --n 12``
"""

import json
import logging
import random
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from inspect import Parameter
from typing import Any, Final

from sqlalchemy import text

from crmcore import Crm, CrmError, FrozenClock, RecordingNotifier, SmtpNotifier, SqlStore, UrlGuard, WebhookNotifier
from crmcore.adapters.ids import SequentialIds
from crmcore.adapters.sql.schema import errors as sql_errors
from crmcore.domain.customers.customer import UPDATABLE_FIELDS as CUSTOMER_DETAILS
from crmcore.domain.kernel.errors.validation import InvalidIdError
from crmcore.domain.messaging.messages import OutgoingMessage
from crmcore.domain.platform.feed import RecordedEvent
from crmcore.domain.sales.deals.details import UPDATABLE_FIELDS as DEAL_DETAILS
from crmcore.services import unit_of_work
from crmcore.services.platform import jobs, outbox
from tests.receivers import LOOPBACK, mail_server, web_server
from tests.reliability.harness import Verdict, run
from tests.services.calls import Call, calls
from tests.services.world import UNKNOWN_ID_DIGITS, World, create_other_tenant, create_world

CANARY: Final = "kanarija" + "7f3a"  # put together here, so that no source line of a traceback holds it
MUTATIONS: Final = {
    "driver": "what the database's driver says is passed on",
    "repeat": "a refusal repeats the id that it was given",
    "log": "the address of a letter is logged",
}


class _CanaryRepr:
    """Something that shows the canary when it is printed."""

    def __repr__(self) -> str:
        return CANARY


SHAPES: Final[Sequence[Any]] = (
    CANARY,
    f"{CANARY}@example.com",
    f"{CANARY}\r\nWARNING:crmcore:forged",
    f"{CANARY}\0",
    f"customer_{CANARY}",
    CANARY + "x" * 1_100_000,
    [CANARY],
    {CANARY: CANARY},
    _CanaryRepr(),
    CANARY.encode(),
    f"+371 2000 {CANARY}",
    f"{{{{ {CANARY}() }}}}",
)
"""The forms in which it is given."""


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Put a canary into every input in up to n forms, and force every failure."""
    verdict = Verdict()
    undo = _apply_mutation(mutation)
    store = SqlStore.open("sqlite://")
    _install_trigger(store)
    try:
        with _capture_logs(verdict):
            ids = SequentialIds()
            world = create_world(store, tenant=ids.new("tenant"), ids=ids)
            for call in calls():
                world = call.prepare(create_other_tenant(world))
                _check_database_errors(verdict, call, world, store)
                _check_inputs(verdict, call, world, SHAPES[:n])
            _check_delivery(verdict)
    finally:
        store.close()
        for owner, name, old in undo:
            setattr(owner, name, old)
    return verdict


def _check_inputs(verdict: Verdict, call: Call, world: World, shapes: Sequence[Any]) -> None:
    """Give a command the canary in each of its arguments, in each form. What takes it keeps it, for the next one to stumble over."""
    for parameter in call.parameters:
        for name in _argument_names(call, parameter):
            for shape in shapes:
                given = call.required_arguments(world) | {
                    name: [shape] if parameter.kind is Parameter.VAR_POSITIONAL else shape
                }
                verdict.count("inputs")
                _check_error(verdict, f"{call}({name})", partial(call.execute, world, given))


def _argument_names(call: Call, parameter: Parameter) -> Sequence[str]:
    """The names under which arguments are given. Names themselves are the host's code, and no input."""
    if parameter.kind is not Parameter.VAR_KEYWORD:
        return [parameter.name]
    return [*sorted(CUSTOMER_DETAILS if call.service == "customers" else DEAL_DETAILS), "at"]


def _check_database_errors(verdict: Verdict, call: Call, world: World, store: SqlStore) -> None:
    """Let the database refuse whatever the command writes, with the canary in its words."""
    given = call.required_arguments(world)
    with _rejecting_writes(store):
        verdict.count("commands with a failing database")
        _check_error(verdict, f"{call} on a failing database", partial(call.execute, world, given))


def _check_error(verdict: Verdict, where: str, call: Any) -> None:
    """Execute a command and check the error."""
    try:
        call()
    except Exception as error:  # noqa: BLE001  # whatever comes is looked at
        verdict.count("errors")
        shown = [str(error), repr(error), "".join(traceback.format_exception(error))]
        if isinstance(error, CrmError):
            shown.append(json.dumps(error.to_problem()))
        verdict.check(
            "no error shows what was given", not any(CANARY in one for one in shown), f"{where}: {type(error).__name__}"
        )


def _install_trigger(store: SqlStore) -> None:
    """Teach the database to refuse every write with the canary in its words, as soon as a row lies in ``refusing``."""
    with store.engine.begin() as connection:
        connection.execute(text("CREATE TABLE refusing (now INTEGER)"))
        for table in store.schema.metadata.sorted_tables:
            for verb in ("INSERT", "UPDATE", "DELETE"):
                when = f"BEFORE {verb} ON {table.name} WHEN EXISTS (SELECT 1 FROM refusing)"
                words = f"SELECT RAISE(ABORT, '{CANARY}')"
                connection.execute(text(f"CREATE TRIGGER t_{table.name}_{verb} {when} BEGIN {words}; END"))


@contextmanager
def _rejecting_writes(store: SqlStore) -> Iterator[None]:
    """Let the database refuse meanwhile."""
    with store.engine.begin() as connection:
        connection.execute(text("INSERT INTO refusing VALUES (1)"))
    try:
        yield
    finally:
        with store.engine.begin() as connection:
            connection.execute(text("DELETE FROM refusing"))


def _check_delivery(verdict: Verdict) -> None:
    """Let notifiers, listeners, servers and due work fail, all of them with the canary in their words."""

    def fail(message: OutgoingMessage) -> None:
        raise ValueError(f"{message.address} {CANARY}")

    class Deaf:
        def publish(self, events: Sequence[RecordedEvent], /) -> None:
            raise ValueError(CANARY)

    with mail_server() as (mailbox, mail_port), web_server() as (hooks, web_port):
        hooks.headers = {"retry-after": CANARY, "location": f"https://{CANARY}.example/"}
        guard = UrlGuard(ports={web_port}, allowed_networks=LOOPBACK)
        clock = FrozenClock()
        crm = Crm(
            clock=clock,
            publishers={"erp": Deaf()},
            notifiers={
                "broken": RecordingNotifier(before_send=fail),
                "email": SmtpNotifier("127.0.0.1", sender="crm@example.com", port=mail_port, security="none"),
                "webhook": WebhookNotifier(["whsec_" + "QUJD" * 11], url_guard=guard, include_content=True),
            },
        )
        addresses = {
            "broken": [CANARY],
            "email": [f"{CANARY}@example.com", f"{CANARY}@", f"{CANARY},b@example.com", CANARY],
            "webhook": [
                f"http://127.0.0.1:{web_port}/{CANARY}",
                f"http://{CANARY}@10.0.0.1/",
                f"ftp://{CANARY}/",
                f"http://{CANARY}:1/",
            ],
            "pigeon": [CANARY],
        }
        for manner, status in (("never", 500), ("stranger", 302), ("later", 429), ("drop", 410)):
            mailbox.behaviour, hooks.status = manner, status
            for channel, some in addresses.items():
                for address in some:
                    verdict.count("letters that failed")
                    crm.outbox.queue("notice", address=address, channel=channel, variables={"text": CANARY})
            _check_error(verdict, "delivery", partial(crm.deliver, limit=1000))
            clock.advance(hours=1)
        for message in crm.outbox.list(limit=1000):
            verdict.check(
                "no problem that is kept shows what was given", CANARY not in message.last_error, message.channel
            )
    _check_jobs(verdict)


def _check_jobs(verdict: Verdict) -> None:
    clock = FrozenClock()
    crm = Crm(clock=clock)
    crm.tasks.create(f"Call {CANARY}", due_at=clock.now())
    clock.advance(days=1)
    handlers = dict(jobs.HANDLERS)

    def fail(*_: Any) -> None:
        raise ValueError(CANARY)

    jobs.HANDLERS.update(dict.fromkeys(handlers, fail))  # type: ignore[attr-defined]  # a dictionary under its promise
    try:
        for _ in range(30):
            verdict.count("due work that failed", crm.run_due_jobs().failed)
            clock.advance(hours=7)
    finally:
        jobs.HANDLERS.update(handlers)  # type: ignore[attr-defined]  # as above
    for occurrence in crm.jobs.list_dead():
        verdict.check(
            "no problem that is kept shows what was given", CANARY not in occurrence.last_error, occurrence.kind
        )


@contextmanager
def _capture_logs(verdict: Verdict) -> Iterator[None]:
    """Look at whatever is logged, at any level by crmcore and from warnings on by anybody."""

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            verdict.count("lines logged")
            shown = [
                logging.Formatter("%(message)s").format(record),
                *(str(value) for value in record.__dict__.values()),
            ]
            verdict.check("no log shows what was given", not any(CANARY in one for one in shown), record.name)
            verdict.check("a line is one line", not any(c in record.getMessage() for c in "\r\n"), record.name)

    ear, root, ours = Ear(), logging.getLogger(), logging.getLogger("crmcore")
    level = ours.level
    root.addHandler(ear)
    ours.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        ours.setLevel(level)
        root.removeHandler(ear)


def _apply_mutation(mutation: str) -> Sequence[tuple[Any, str, Any]]:
    """Plant a bug; gives what has to be put back."""

    def repeat_id(prefix: str, id: str, /) -> None:
        if not str(id).startswith(prefix) or UNKNOWN_ID_DIGITS in str(id):
            raise InvalidIdError(f"{prefix} id", f"must not be {id!r}")

    def log_address(self: outbox.Outbox, message: OutgoingMessage) -> None:
        logging.getLogger("crmcore.outbox").info("sending to %s", message.address)

    bugs: dict[str, tuple[Any, str, Any]] = {
        "driver": (sql_errors, "_error_code", str),
        "repeat": (unit_of_work, "check_id", repeat_id),
        "log": (outbox.Outbox, "_notify", log_address),
    }
    if not mutation:
        return ()
    owner, name, bug = bugs[mutation]
    old = getattr(owner, name)
    setattr(owner, name, bug)
    return [(owner, name, old)]


if __name__ == "__main__":
    sys.exit(run("LOG", check, n=len(SHAPES), mutations=MUTATIONS))
