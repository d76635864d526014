"""Deals, all of it: `crm.deals`."""

from attrs import frozen

from crmcore.services.deals.board import DealBoard
from crmcore.services.deals.facts import DealDetails
from crmcore.services.deals.imports import DealImports
from crmcore.services.deals.stuck import StuckDeals
from crmcore.services.deals.views import DealQueries
from crmcore.services.house import Environment


@frozen
class Deals(DealImports, DealDetails, DealBoard, StuckDeals, DealQueries):
    """Deals and their history."""

    _environment: Environment
