"""Message texts arrive complete and verbatim, with all variables."""

from datetime import timedelta
from typing import Any

import pytest

from crmcore import (
    CreateTask,
    Crm,
    EscalationStep,
    FrozenClock,
    MemoryStore,
    RecordingNotifier,
    RenderDocument,
    SendNotification,
    Stage,
)
from crmcore.domain.kernel.fields.text import LONG_TEXT, MAX_NOTE_LENGTH
from crmcore.domain.messaging.messages import Message
from crmcore.domain.sales.funnels import actions
from crmcore.domain.sla.escalation_policy import EscalationPolicy
from crmcore.errors import MissingVariableError, TooLongError, UnknownVariableError
from crmcore.locales.catalogue import LANGUAGES, VARIABLES
from crmcore.ports import Store
from crmcore.services.shared.template_variables import stage_variables
from crmcore.testing.samples import Samples

MAIL = (
    "Dear Ms Liepa,\n\nthank you for your mail.\n\n    - the frame:  {customer} {text} {subject}\n\t- the glass\n\n"
    + "A long explanation of what happened and what comes next. " * 60
    + "\n\nYours sincerely,\nAnna"
)
"""Three thousand characters: paragraphs, indents, a tab, double spaces and braces."""


@pytest.fixture
def mail() -> RecordingNotifier:
    """A notifier that records messages."""
    return RecordingNotifier()


def crm_with(mail: RecordingNotifier, store: Store | None = None, **settings: Any) -> Crm:
    """A CRM that sends e-mails to the recording notifier."""
    return Crm(store or MemoryStore(), clock=FrozenClock(), notifiers={"email": mail}, **settings)


def hours(number: int) -> timedelta:
    """A duration in hours."""
    return timedelta(hours=number)


def body_of(mail: RecordingNotifier, topic: str) -> str:
    """The body of the only message with a topic."""
    [body] = [message.body for message in mail.messages if message.topic == topic]
    return body


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_texts_to_customers_keep_their_paragraphs(store: Store, mail: RecordingNotifier, language: str) -> None:
    """Texts of several paragraphs arrive unchanged, in every language."""
    crm = crm_with(mail, store)
    anna = crm.users.create("Anna", email="anna@example.com")
    asks = crm.customers.create("Jānis", email="janis@example.com", language=language)
    inquiry = crm.inquiries.receive("Cleaning", customer_id=asks.id, owner_id=anna.id)
    crm.inquiries.resolve(inquiry.id, MAIL)
    crm.deliver()
    answered = body_of(mail, "customer.answered")
    mail.messages.clear()
    first, second = (
        crm.complaints.receive("Scratched", type="product", customer_id=asks.id, owner_id=anna.id) for _ in range(2)
    )
    crm.complaints.respond(first.id, MAIL)
    crm.deliver()
    responded = body_of(mail, "customer.answered")
    mail.messages.clear()
    crm.complaints.resolve(first.id, MAIL)
    crm.deliver()
    resolved = body_of(mail, "customer.decided")
    mail.messages.clear()
    crm.complaints.reject(second.id, MAIL)
    crm.deliver()

    assert [MAIL] * 4 == [answered, responded, resolved, body_of(mail, "customer.decided")]


def test_a_text_of_the_full_length_arrives_whole(store: Store, mail: RecordingNotifier) -> None:
    """Texts of 100,000 characters arrive complete; a longer one is rejected."""
    crm = crm_with(mail, store)
    anna = crm.users.create("Anna", email="anna@example.com")
    asks = crm.customers.create("Jānis", email="janis@example.com")
    whole = ("Ā line of text.\n" * LONG_TEXT)[: LONG_TEXT - 1] + "!"
    inquiry = crm.inquiries.receive("Cleaning", customer_id=asks.id, owner_id=anna.id)
    complaint = crm.complaints.receive("Scratched", type="product", customer_id=asks.id, owner_id=anna.id)
    with pytest.raises(TooLongError, match=r"inquiry\.answer"):
        crm.inquiries.resolve(inquiry.id, whole + "!")
    with pytest.raises(TooLongError, match=r"message\.variables\.text"):
        crm.outbox.queue("notice", address="a@example.com", variables={"text": whole + "!"})
    crm.inquiries.resolve(inquiry.id, whole)
    crm.complaints.resolve(complaint.id, whole)
    crm.deliver()

    assert whole == body_of(mail, "customer.answered") == body_of(mail, "customer.decided")


def test_a_customer_without_an_address_gets_the_text_from_a_colleague(mail: RecordingNotifier) -> None:
    """The note of the task has the text, cut with the complaint's id."""
    crm = crm_with(mail)
    anna = crm.users.create("Anna", email="anna@example.com")
    asks = crm.customers.create("Jānis")
    notes = []
    for text in (MAIL, "x" * MAX_NOTE_LENGTH, "x" * LONG_TEXT):
        complaint = crm.complaints.receive("Scratched", type="product", customer_id=asks.id, owner_id=anna.id)
        crm.complaints.resolve(complaint.id, text)
        notes += [
            (task.note, complaint.id)
            for task in crm.tasks.list(assignee_id=anna.id)
            if task.complaint_id == complaint.id
        ]

    assert [MAIL, "x" * MAX_NOTE_LENGTH] == [note for note, _ in notes[:2]]
    assert MAX_NOTE_LENGTH == len(notes[2][0])
    assert notes[2][0].endswith(f"x…\n{notes[2][1]}")


def test_every_field_for_several_lines_keeps_them(store: Store) -> None:
    """Multi-line fields are stored with every line."""
    crm = crm_with(RecordingNotifier(), store)
    anna = crm.users.create("Anna")
    asks = crm.customers.create("Jānis", note=MAIL)
    funnel = crm.funnels.create("Windows", stages=["First", "Won"])
    lead = crm.leads.capture("Zane", funnel_id=funnel.id, about=MAIL)
    complaint = crm.complaints.receive("Bad", type="product", customer_id=asks.id, owner_id=anna.id, description=MAIL)
    inquiry = crm.inquiries.receive("Cleaning", customer_id=asks.id, owner_id=anna.id, description=MAIL)
    task = crm.tasks.create("Call", assignee_id=anna.id, note=MAIL)
    kept = [
        asks.note,
        lead.deal.description,
        complaint.description,
        inquiry.description,
        task.note,
        crm.tasks.complete(task.id, result=MAIL).result,
        crm.interactions.log("mail", customer_id=asks.id, note=MAIL).note,
        crm.knowledge.create("Frames", MAIL, topic="frames").body,
    ]

    assert [MAIL] * len(kept) == kept
    assert crm.deals.get(lead.deal.id).description == MAIL
    assert "\n" not in lead.deal.title


def test_a_promise_of_several_lines_is_repeated_whole(mail: RecordingNotifier) -> None:
    """The message of an overdue commitment has its complete text."""
    clock = FrozenClock()
    crm = Crm(clock=clock, notifiers={"email": mail})
    anna = crm.users.create("Anna", email="anna@example.com")
    asks = crm.customers.create("Jānis")
    what = "Bring {due}:\n\n" + "y" * 900
    crm.commitments.create(what, side="ours", customer_id=asks.id, owner_id=anna.id, due_at=clock.now())
    clock.advance(minutes=1)
    crm.run_due_jobs()
    crm.deliver()

    assert body_of(mail, "commitment.overdue").endswith(what)


@pytest.mark.parametrize("topic", sorted(VARIABLES))
def test_a_known_topic_without_a_value_is_refused(topic: str) -> None:
    """Queuing requires a value for each variable; None is not a value."""
    crm = Crm()
    anna = crm.users.create("Anna", email="anna@example.com")
    whole = dict.fromkeys(VARIABLES[topic], "")
    crm.outbox.queue(topic, recipient_id=anna.id, variables=whole)
    for name in VARIABLES[topic]:
        for variables in ({other: "x" for other in whole if other != name}, {**whole, name: None}):
            with pytest.raises(MissingVariableError) as refused:
                crm.outbox.queue(topic, recipient_id=anna.id, variables=variables)

            assert (topic, (name,)) == (refused.value.topic, refused.value.variables)
            assert f"{{{name}}}" in str(refused.value)
    assert 1 == len(crm.outbox.list())


def test_a_message_that_an_older_release_queued_is_dead_and_not_sent(mail: RecordingNotifier) -> None:
    """A stored message with a missing variable becomes dead."""
    crm = crm_with(mail)
    samples = Samples()
    old = Message.queue(samples.id("message"), "notice", at=crm._environment.clock.now(), address="a@example.com")
    crm._environment.execute("test", lambda uow: uow.save(old))
    crm.outbox.queue("notice", address="a@example.com", variables={"text": "new"})
    report = crm.deliver()
    [dead] = crm.outbox.list(state="dead")

    assert (1, 1, "no value for text") == (report.sent, report.dead, dead.last_error)
    assert ["new"] == [message.body for message in mail.messages]


def test_a_topic_of_the_host_is_sent_with_its_own_text(mail: RecordingNotifier) -> None:
    """A custom topic may contain braces, or have no text."""
    crm = crm_with(mail)
    crm.outbox.queue("own.topic", address="a@example.com", variables={"text": MAIL, "customer": "Anna"})
    crm.outbox.queue("own.topic", address="a@example.com", variables={"order": "7"})
    crm.deliver()

    assert [MAIL, ""] == [message.body for message in mail.messages]


def test_braces_of_a_customer_are_never_filled(store: Store, mail: RecordingNotifier) -> None:
    """Braces in customer data are never treated as placeholders."""
    crm = crm_with(mail, store)
    crm.users.create("Anna", roles=["manager"], email="anna@example.com")
    crm.documents.save_template("Offer", "<p>{{ customer.name }}</p>")
    acts: list[actions.StageAction] = [
        CreateTask(title="Call {customer} about {deal}"),
        SendNotification(role="manager", message="{customer} asks for {deal}"),
        RenderDocument(template="Offer", title="For {customer}"),
    ]
    funnel = crm.funnels.create(
        "Windows", stages=[Stage.named("First", entry_actions=acts), Stage.named("Won", kind="won")]
    )
    lead = crm.leads.capture("{deal} {at}", funnel_id=funnel.id, about="{customer} {text}", email="{at}@example.com")
    crm.deliver()

    assert "{customer} {text}" == lead.deal.title
    assert "Call {deal} {at} about {customer} {text}" == lead.tasks[0].title
    assert "For {deal} {at}" == lead.documents[0].title
    assert "{deal} {at} asks for {customer} {text}" == body_of(mail, "notice")


@pytest.mark.parametrize(
    "action",
    [
        CreateTask(title="Call {customer} about {subject}"),
        SendNotification(role="owner", message="Call {custommer}"),
        RenderDocument(template="Offer", title="Offer {text}"),
    ],
    ids=["task", "notify", "document"],
)
def test_an_unknown_variable_of_a_stage_is_refused(action: Any) -> None:
    """An unknown variable is rejected when the funnel is saved."""
    crm = Crm()
    stages = [Stage.named("First", entry_actions=[action]), Stage.named("Won", kind="won")]
    kept = crm.funnels.create("Doors", stages=["First", "Won"])
    with pytest.raises(UnknownVariableError, match=r"which has no value; use \{address\}, \{at\}"):
        crm.funnels.create("Windows", stages=stages)
    with pytest.raises(UnknownVariableError):
        crm.funnels.update(kept.id, stages=stages)
    equipment = crm.field_service.install_equipment("Lift", customer_id=crm.customers.create("Jānis").id, meter="hours")
    with pytest.raises(UnknownVariableError, match=r"\{customer\}, \{equipment\}"):
        crm.field_service.plan_maintenance(equipment.id, "Look at {deal}", every_total=5)


def test_each_variable_of_a_stage_has_a_value() -> None:
    """The permitted variables are those that a stage action fills."""
    samples = Samples()

    assert set(stage_variables(samples.deal(), samples.customer(), environment=Crm()._environment)) == actions.VARIABLES


def test_every_escalation_has_all_its_values() -> None:
    """Every escalation message has a value for each variable."""
    clock, mail = FrozenClock(), RecordingNotifier()
    policy = EscalationPolicy.of(
        EscalationStep(5_000, recipient="owner"), EscalationStep(7_500, after=hours(1)), EscalationStep(), hours(2)
    )
    crm = Crm(clock=clock, notifiers={"email": mail}, escalation_policy=policy)
    above_id = None
    for number in range(5):
        above_id = crm.users.create(f"Boss {number}", email="boss@example.com", manager_id=above_id).id
    anna = crm.users.create("Anna", email="anna@example.com", manager_id=above_id)
    asks = crm.customers.create("Jānis")
    due_at = clock.now() + hours(8)
    crm.tasks.create("Call", assignee_id=anna.id, due_at=due_at)
    crm.commitments.create("Call\nback", side="ours", customer_id=asks.id, owner_id=anna.id, due_at=due_at)
    crm.complaints.receive("Bad", type="product", customer_id=asks.id, owner_id=anna.id, resolve_within=hours(8))
    funnel = crm.funnels.create("Windows", stages=["First", "Won"], respond_within=hours(8))
    crm.leads.capture("Zane", funnel_id=funnel.id, owner_id=anna.id)
    for _ in range(40):
        clock.advance(hours=1)
        crm.run_due_jobs()
        crm.deliver()

    assert [] == list(crm.jobs.list_dead())
    assert {"escalation.at_risk", "task.overdue", "commitment.overdue", "complaint.overdue", "lead.overdue"} <= {
        message.topic for message in mail.messages
    }
    assert [] == [message.body for message in mail.messages if "{" in message.subject + message.body]
