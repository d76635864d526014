"""Customers, all of it: `crm.customers`."""

from attrs import frozen

from crmcore.services.customers.details import CustomerDetails
from crmcore.services.customers.imports import CustomerImports
from crmcore.services.customers.queries import CustomerQueries
from crmcore.services.environment import Environment


@frozen
class Customers(CustomerDetails, CustomerImports, CustomerQueries):
    """Everybody the house deals with."""

    _environment: Environment
