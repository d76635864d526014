"""The deals service: `crm.deals`."""

from attrs import frozen

from crmcore.services.environment import Environment
from crmcore.services.sales.deals.board import DealBoard
from crmcore.services.sales.deals.details import DealDetails
from crmcore.services.sales.deals.imports import DealImports
from crmcore.services.sales.deals.queries import DealQueries
from crmcore.services.sales.deals.stuck import StuckDeals


@frozen
class Deals(DealImports, DealDetails, DealBoard, StuckDeals, DealQueries):
    """Deals: life cycle, details, board, imports and queries."""

    _environment: Environment
