"""What people write reaches its reader whole and verbatim, and no message leaves with a variable that was not filled."""

from datetime import timedelta
from typing import Any

import pytest

from crmcore import CreateTask, Crm, FrozenClock, MemoryStore, Notify, Recorder, RenderDocument, Rung, Stage
from crmcore.domain import funnels
from crmcore.domain.escalation import Ladder
from crmcore.domain.fields.text import LONG_TEXT, NOTE
from crmcore.domain.messages import Message
from crmcore.domain.texts.catalogue import LANGUAGES, VARIABLES
from crmcore.errors import MissingVariableError, TooLong, UnknownVariableError
from crmcore.services.ports import Store
from crmcore.services.steps.stages import _facts
from crmcore.testing.samples import Samples

MAIL = (
    "Dear Ms Liepa,\n\nthank you for your mail.\n\n    - the frame:  {customer} {text} {subject}\n\t- the glass\n\n"
    + "A long explanation of what happened and what comes next. " * 60
    + "\n\nYours sincerely,\nAnna"
)
"""Three thousand characters: paragraphs, indents, a tab, double spaces and braces."""


@pytest.fixture
def mail() -> Recorder:
    """A notifier that keeps letters."""
    return Recorder()


def crm_with(mail: Recorder, store: Store | None = None, **settings: Any) -> Crm:
    """A CRM that sends mails to a recorder."""
    return Crm(store or MemoryStore(), clock=FrozenClock(), notifiers={"email": mail}, **settings)


def hours(number: int) -> timedelta:
    """So many hours."""
    return timedelta(hours=number)


def body_of(mail: Recorder, topic: str) -> str:
    """The body of the only letter on a topic."""
    [body] = [letter.body for letter in mail.letters if letter.topic == topic]
    return body


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_texts_to_customers_keep_their_paragraphs(store: Store, mail: Recorder, language: str) -> None:
    """Answers, responses, decisions and refusals of several paragraphs arrive as they were written, in every language."""
    crm = crm_with(mail, store)
    anna = crm.people.add("Anna", email="anna@example.com")
    asks = crm.customers.add("Jānis", email="janis@example.com", language=language)
    inquiry = crm.inquiries.receive("Cleaning", customer=asks.id, responsible=anna.id)
    crm.inquiries.answer(inquiry.id, MAIL)
    crm.deliver()
    answered = body_of(mail, "customer.answered")
    mail.letters.clear()
    first, second = (
        crm.complaints.receive("Scratched", type="product", customer=asks.id, responsible=anna.id) for _ in range(2)
    )
    crm.complaints.respond(first.id, MAIL)
    crm.deliver()
    responded = body_of(mail, "customer.answered")
    mail.letters.clear()
    crm.complaints.resolve(first.id, MAIL)
    crm.deliver()
    resolved = body_of(mail, "customer.decided")
    mail.letters.clear()
    crm.complaints.reject(second.id, MAIL)
    crm.deliver()

    assert [MAIL] * 4 == [answered, responded, resolved, body_of(mail, "customer.decided")]


def test_a_text_of_the_full_length_arrives_whole(store: Store, mail: Recorder) -> None:
    """An answer and a decision of 100,000 characters are neither cut nor refused; one more is refused by name."""
    crm = crm_with(mail, store)
    anna = crm.people.add("Anna", email="anna@example.com")
    asks = crm.customers.add("Jānis", email="janis@example.com")
    whole = ("Ā line of text.\n" * LONG_TEXT)[: LONG_TEXT - 1] + "!"
    inquiry = crm.inquiries.receive("Cleaning", customer=asks.id, responsible=anna.id)
    complaint = crm.complaints.receive("Scratched", type="product", customer=asks.id, responsible=anna.id)
    with pytest.raises(TooLong, match=r"inquiry\.answer"):
        crm.inquiries.answer(inquiry.id, whole + "!")
    with pytest.raises(TooLong, match=r"message\.facts\.text"):
        crm.delivery.queue("notice", address="a@example.com", facts={"text": whole + "!"})
    crm.inquiries.answer(inquiry.id, whole)
    crm.complaints.resolve(complaint.id, whole)
    crm.deliver()

    assert whole == body_of(mail, "customer.answered") == body_of(mail, "customer.decided")


def test_a_customer_without_an_address_gets_the_text_from_a_colleague(mail: Recorder) -> None:
    """The note of the task holds the text; a longer one than fits ends in an ellipsis and the id of the complaint."""
    crm = crm_with(mail)
    anna = crm.people.add("Anna", email="anna@example.com")
    asks = crm.customers.add("Jānis")
    notes = []
    for text in (MAIL, "x" * NOTE, "x" * LONG_TEXT):
        complaint = crm.complaints.receive("Scratched", type="product", customer=asks.id, responsible=anna.id)
        crm.complaints.resolve(complaint.id, text)
        notes += [
            (task.note, complaint.id) for task in crm.tasks.list(assignee=anna.id) if task.complaint == complaint.id
        ]

    assert [MAIL, "x" * NOTE] == [note for note, _ in notes[:2]]
    assert NOTE == len(notes[2][0])
    assert notes[2][0].endswith(f"x…\n{notes[2][1]}")


def test_every_field_for_several_lines_keeps_them(store: Store) -> None:
    """Notes, descriptions, requests, resolutions and articles are stored as they were given, with every line."""
    crm = crm_with(Recorder(), store)
    anna = crm.people.add("Anna")
    asks = crm.customers.add("Jānis", note=MAIL)
    funnel = crm.funnels.create("Windows", stages=["First", "Won"])
    lead = crm.leads.capture("Zane", funnel=funnel.id, about=MAIL)
    complaint = crm.complaints.receive("Bad", type="product", customer=asks.id, responsible=anna.id, story=MAIL)
    inquiry = crm.inquiries.receive("Cleaning", customer=asks.id, responsible=anna.id, story=MAIL)
    task = crm.tasks.give("Call", assignee=anna.id, note=MAIL)
    kept = [
        asks.note,
        lead.deal.about,
        complaint.story,
        inquiry.story,
        task.note,
        crm.tasks.complete(task.id, result=MAIL).result,
        crm.interactions.log("mail", customer=asks.id, note=MAIL).note,
        crm.knowledge.write("Frames", MAIL, topic="frames").body,
    ]

    assert [MAIL] * len(kept) == kept
    assert crm.deals.get(lead.deal.id).about == MAIL
    assert "\n" not in lead.deal.title


def test_a_promise_of_several_lines_is_repeated_whole(mail: Recorder) -> None:
    """A late promise is repeated with its lines, whatever its length."""
    clock = FrozenClock()
    crm = Crm(clock=clock, notifiers={"email": mail})
    anna = crm.people.add("Anna", email="anna@example.com")
    asks = crm.customers.add("Jānis")
    what = "Bring {due}:\n\n" + "y" * 900
    crm.commitments.make(what, side="ours", customer=asks.id, owner=anna.id, due_at=clock.now())
    clock.advance(minutes=1)
    crm.run_due()
    crm.deliver()

    assert body_of(mail, "commitment.overdue").endswith(what)


@pytest.mark.parametrize("topic", sorted(VARIABLES))
def test_a_known_topic_without_a_value_is_refused(topic: str) -> None:
    """Each variable of each topic, in any language, is asked for when the message is queued; None is no value, nothing is one."""
    crm = Crm()
    anna = crm.people.add("Anna", email="anna@example.com")
    whole = dict.fromkeys(VARIABLES[topic], "")
    crm.delivery.queue(topic, recipient=anna.id, facts=whole)
    for name in VARIABLES[topic]:
        for facts in ({other: "x" for other in whole if other != name}, {**whole, name: None}):
            with pytest.raises(MissingVariableError) as refused:
                crm.delivery.queue(topic, recipient=anna.id, facts=facts)

            assert (topic, (name,)) == (refused.value.topic, refused.value.variables)
            assert f"{{{name}}}" in str(refused.value)
    assert 1 == len(crm.delivery.list())


def test_a_message_that_an_older_release_queued_is_dead_and_not_sent(mail: Recorder) -> None:
    """What is in the database without a value is given up with its reason, and what is behind it leaves."""
    crm = crm_with(mail)
    samples = Samples()
    old = Message.queue(samples.id("message"), "notice", at=crm.house.clock.now(), address="a@example.com")
    crm.house.run("test", lambda unit: unit.save(old))
    crm.delivery.queue("notice", address="a@example.com", facts={"text": "new"})
    report = crm.deliver()
    [dead] = crm.delivery.list(state="dead")

    assert (1, 1, "no value for text") == (report.sent, report.dead, dead.problem)
    assert ["new"] == [letter.body for letter in mail.letters]


def test_a_topic_of_the_host_is_sent_with_its_own_text(mail: Recorder) -> None:
    """It may contain braces, or have no text at all; no placeholder is mailed."""
    crm = crm_with(mail)
    crm.delivery.queue("own.topic", address="a@example.com", facts={"text": MAIL, "customer": "Anna"})
    crm.delivery.queue("own.topic", address="a@example.com", facts={"order": "7"})
    crm.deliver()

    assert [MAIL, ""] == [letter.body for letter in mail.letters]


def test_braces_of_a_customer_are_never_filled(store: Store, mail: Recorder) -> None:
    """A name or a request with braces passes through stage actions, tasks, documents and notices as it is."""
    crm = crm_with(mail, store)
    crm.people.add("Anna", roles=["manager"], email="anna@example.com")
    crm.documents.write_template("Offer", "<p>{{ customer.name }}</p>")
    acts: list[funnels.Action] = [
        CreateTask(title="Call {customer} about {deal}"),
        Notify(role="manager", message="{customer} asks for {deal}"),
        RenderDocument(template="Offer", title="For {customer}"),
    ]
    funnel = crm.funnels.create("Windows", stages=[Stage.named("First", on_entry=acts), Stage.named("Won", kind="won")])
    lead = crm.leads.capture("{deal} {at}", funnel=funnel.id, about="{customer} {text}", email="{at}@example.com")
    crm.deliver()

    assert "{customer} {text}" == lead.deal.title
    assert "Call {deal} {at} about {customer} {text}" == lead.tasks[0].title
    assert "For {deal} {at}" == lead.documents[0].title
    assert "{deal} {at} asks for {customer} {text}" == body_of(mail, "notice")


@pytest.mark.parametrize(
    "action",
    [
        CreateTask(title="Call {customer} about {subject}"),
        Notify(role="owner", message="Call {custommer}"),
        RenderDocument(template="Offer", title="Offer {text}"),
    ],
    ids=["task", "notify", "document"],
)
def test_an_unknown_variable_of_a_stage_is_refused(action: Any) -> None:
    """A misspelt variable is found when the funnel is written, and not in a customer's letter."""
    crm = Crm()
    stages = [Stage.named("First", on_entry=[action]), Stage.named("Won", kind="won")]
    kept = crm.funnels.create("Doors", stages=["First", "Won"])
    with pytest.raises(UnknownVariableError, match=r"which has no value; use \{address\}, \{at\}"):
        crm.funnels.create("Windows", stages=stages)
    with pytest.raises(UnknownVariableError):
        crm.funnels.redraw(kept.id, stages=stages)
    equipment = crm.service.install("Lift", customer=crm.customers.add("Jānis").id, meter="hours")
    with pytest.raises(UnknownVariableError, match=r"\{customer\}, \{equipment\}"):
        crm.service.plan_maintenance(equipment.id, "Look at {deal}", every_total=5)


def test_each_variable_of_a_stage_has_a_value() -> None:
    """What a funnel may name is what a stage fills in."""
    samples = Samples()

    assert set(_facts(Crm().house, samples.deal(), samples.customer())) == funnels.VARIABLES


def test_every_escalation_has_all_its_values() -> None:
    """Tasks, promises, cases and requests are escalated before and after their deadline, on every step, with nothing left unfilled."""
    clock, mail = FrozenClock(), Recorder()
    ladder = Ladder.of(Rung(5_000, to="owner"), Rung(7_500, after=hours(1)), Rung(), hours(2))
    crm = Crm(clock=clock, notifiers={"email": mail}, ladder=ladder)
    above = None
    for number in range(5):
        above = crm.people.add(f"Boss {number}", email="boss@example.com", supervisor=above).id
    anna = crm.people.add("Anna", email="anna@example.com", supervisor=above)
    asks = crm.customers.add("Jānis")
    due_at = clock.now() + hours(8)
    crm.tasks.give("Call", assignee=anna.id, due_at=due_at)
    crm.commitments.make("Call\nback", side="ours", customer=asks.id, owner=anna.id, due_at=due_at)
    crm.complaints.receive("Bad", type="product", customer=asks.id, responsible=anna.id, within=hours(8))
    funnel = crm.funnels.create("Windows", stages=["First", "Won"], respond_within=hours(8))
    crm.leads.capture("Zane", funnel=funnel.id, owner=anna.id)
    for _ in range(40):
        clock.advance(hours=1)
        crm.run_due()
        crm.deliver()

    assert [] == list(crm.due.dead())
    assert {"escalation.at_risk", "task.overdue", "commitment.overdue", "complaint.overdue", "lead.overdue"} <= {
        letter.topic for letter in mail.letters
    }
    assert [] == [letter.body for letter in mail.letters if "{" in letter.subject + letter.body]
