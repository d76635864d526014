"""Examples of `crm.deals`, one per method."""

# %% setup
from datetime import date, timedelta

from crmcore import Crm, FrozenClock, ItemSucceeded, Money, Requirement, Stage
from crmcore.types import RequirementKind

clock = FrozenClock()
crm = Crm(clock=clock)
anna = crm.users.create("Anna")
customer = crm.customers.create("Jānis Bērziņš")
offer = Stage.named("Offer", age_limit=timedelta(days=7), exit_criteria=[Requirement(RequirementKind.VALUE)])
funnel = crm.funnels.create("Windows", stages=["First call", offer, "Sold"], loss_reasons=["price"])

# %% open
deal = crm.deals.open("Three windows", customer_id=customer.id, funnel_id=funnel.id).deal

# %% get
assert deal == crm.deals.get(deal.id)

# %% list
assert [deal.id] == [found.id for found in crm.deals.list(funnel_id=funnel.id, outcome="open")]

# %% update
deal = crm.deals.update(deal.id, title="Four windows", tags=["urgent"])

# %% change_owner
deal = crm.deals.change_owner(deal.id, owner_id=anna.id)

# %% move
deal = crm.deals.move(deal.id, stage_key="Offer").deal

# %% unmet_requirements
assert [str(requirement) for requirement in crm.deals.unmet_requirements(deal.id)] == ["value"]

# %% set_value
deal = crm.deals.set_value(deal.id, Money("1900.00", "EUR"))

# %% set_probability
deal = crm.deals.set_probability(deal.id, 60)

# %% set_expected_close
deal = crm.deals.set_expected_close(deal.id, date(2026, 4, 1))

# %% set_next_step
deal = crm.deals.set_next_step(deal.id, "Call again", due_at=clock.now() + timedelta(days=2))

# %% add_participant
architect = crm.customers.create("Aija Arhitekte")
deal = crm.deals.add_participant(deal.id, role="architect", participant_id=architect.id)

# %% board
assert [column.count for column in crm.deals.board(funnel.id).columns] == [0, 1, 0]

# %% stuck
now = clock.advance(days=8)

assert [deal.id] == [found.id for found in crm.deals.stuck(funnel_id=funnel.id)]

# %% win
deal = crm.deals.win(deal.id).deal

# %% reopen
deal = crm.deals.reopen(deal.id, stage_key="Offer").deal

# %% lose
deal = crm.deals.lose(deal.id, reason="price")

# %% history
assert crm.deals.history(deal.id)[0].kind.value == "opened"

# %% upsert_many
rows = [{"key": "d-1", "customer_id": customer.id, "title": "A door"}]
results = list(crm.deals.upsert_many(rows, system="erp", funnel_id=funnel.id))

assert [ItemSucceeded] == [type(result) for result in results]

# %% move_many
moves = [(found.id, "Offer") for found in crm.deals.list(outcome="open")]

assert all(isinstance(result, ItemSucceeded) for result in crm.deals.move_many(moves))
