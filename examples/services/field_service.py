"""Examples of `crm.field_service`, one per method."""

# %% setup
from datetime import UTC, date, datetime, timedelta

from crmcore import Crm, FrozenClock, Money

clock = FrozenClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
crm = Crm(clock=clock)
teodors = crm.users.create("Teodors", roles=["service"])
customer = crm.customers.create("Carla", phone="+371 2000 0000")
funnel = crm.funnels.create("Boilers", stages=["Offer", "Sold"])

# %% install_equipment
boiler = crm.field_service.install_equipment(
    "Boiler 24 kW",
    customer_id=customer.id,
    serial="B-1",
    installed_at=datetime(2018, 3, 1, tzinfo=UTC),
    expected_life=timedelta(days=2_900),
    meter="hours",
)

# %% get_equipment
assert boiler == crm.field_service.get_equipment(boiler.id)

# %% list
assert [boiler.id] == [equipment.id for equipment in crm.field_service.list(customer_id=customer.id)]

# %% create_contract
contract = crm.field_service.create_contract(
    "Care",
    customer_id=customer.id,
    since=date(2026, 1, 1),
    until=date(2027, 1, 1),
    equipment_ids=[boiler.id],
    responds_within=timedelta(hours=4),
    visits=2,
)

# %% add_coverage
pump = crm.field_service.install_equipment("Pump", customer_id=customer.id)
contract = crm.field_service.add_coverage(contract.id, pump.id)

# %% list_contracts
assert [contract.id] == [found.id for found in crm.field_service.list_contracts(customer_id=customer.id)]

# %% renew_contract
contract = crm.field_service.renew_contract(contract.id, until=date(2028, 1, 1))

# %% entitlement
assert timedelta(hours=4) == crm.field_service.entitlement(boiler.id).respond_within

# %% report_failure
failure = crm.field_service.report_failure(boiler.id, cause="pump", note="No hot water")

# %% complete_repair
boiler = crm.field_service.complete_repair(boiler.id, cost=Money(80, "EUR"))

# %% plan_maintenance
plan = crm.field_service.plan_maintenance(boiler.id, "Maintain {equipment}", every_total=500, contract_id=contract.id)

# %% list_plans
assert [plan.id] == [found.id for found in crm.field_service.list_plans(boiler.id)]

# %% read_meter
visit = crm.field_service.read_meter(boiler.id, 512).tasks[0]

# %% complete_visit
completed = crm.field_service.complete_visit(visit.id, note="Filter changed")

# %% history
assert crm.field_service.history(boiler.id)[-1].kind.value == "maintained"

# %% stop_maintenance
plan = crm.field_service.stop_maintenance(plan.id)

# %% list_replacement_candidates
candidates = crm.field_service.list_replacement_candidates(prices={"Boiler 24 kW": Money(1_200, "EUR")})

# %% propose_replacement
proposal = crm.field_service.propose_replacement(boiler.id, funnel_id=funnel.id)

# %% cancel_contract
contract = crm.field_service.cancel_contract(contract.id)

# %% retire_equipment
boiler = crm.field_service.retire_equipment(boiler.id, note="Replaced")
