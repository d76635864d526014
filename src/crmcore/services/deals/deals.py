"""Deals, all of it: `crm.deals`."""

from attrs import frozen

from crmcore.services.deals.facts import DealFacts
from crmcore.services.deals.life import DealLife
from crmcore.services.deals.views import DealViews
from crmcore.services.house import House


@frozen
class Deals(DealLife, DealFacts, DealViews):
    """Deals and their history."""

    house: House
