"""Deals, all of it: `crm.deals`."""

from attrs import frozen

from crmcore.services.deals.board import DealBoard
from crmcore.services.deals.facts import DealFacts
from crmcore.services.deals.imports import DealImports
from crmcore.services.deals.stuck import StuckDeals
from crmcore.services.deals.views import DealViews
from crmcore.services.house import House


@frozen
class Deals(DealImports, DealFacts, DealBoard, StuckDeals, DealViews):
    """Deals and their history."""

    house: House
