"""Customers, all of it: `crm.customers`."""

from attrs import frozen

from crmcore.services.customers.facts import CustomerFacts
from crmcore.services.customers.imports import CustomerImports
from crmcore.services.customers.views import CustomerViews
from crmcore.services.house import House


@frozen
class Customers(CustomerFacts, CustomerImports, CustomerViews):
    """Everybody the house deals with."""

    house: House
