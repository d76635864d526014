"""Customers, all of it: `crm.customers`."""

from attrs import frozen

from crmcore.services.customers.facts import CustomerDetails
from crmcore.services.customers.imports import CustomerImports
from crmcore.services.customers.views import CustomerQueries
from crmcore.services.house import Environment


@frozen
class Customers(CustomerDetails, CustomerImports, CustomerQueries):
    """Everybody the house deals with."""

    _environment: Environment
