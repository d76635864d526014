"""The customers service: `crm.customers`."""

from attrs import frozen

from crmcore.services.customers.details import CustomerDetails
from crmcore.services.customers.imports import CustomerImports
from crmcore.services.customers.queries import CustomerQueries
from crmcore.services.environment import Environment


@frozen
class Customers(CustomerDetails, CustomerImports, CustomerQueries):
    """Customers: people and organisations."""

    _environment: Environment
