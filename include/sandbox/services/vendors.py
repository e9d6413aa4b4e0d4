"""The SaaS vendors that are played, by the name of their service: its path, its secret, its fault switch."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from starlette.routing import Route

from include.sandbox.services import aml, crm_a, crm_b, kyc, marketing, mobile_app, nps, rates, support
from include.sandbox.services.faults import ErrorResponse
from include.sandbox.services.rate_limit import TokenBucket
from include.sandbox.services.store import Store


class Service(Protocol):
    """A vendor's API."""

    def routes(self) -> list[Route]:
        """Its resources, below its path."""


@dataclass(frozen=True)
class Vendor:
    """How a vendor answers, and how it words a fault."""

    service: Callable[[Store, str, TokenBucket], Service]
    error: ErrorResponse


VENDORS: Mapping[str, Vendor] = {
    "kyc": Vendor(kyc.Kyc, kyc.error),
    "marketing": Vendor(marketing.Marketing, marketing.error),
    "aml": Vendor(aml.Aml, aml.error),
    "nps": Vendor(nps.Nps, nps.error),
    "rates": Vendor(rates.Rates, rates.error),
    "support": Vendor(support.Support, support.error),
    "mobile_app": Vendor(mobile_app.MobileApp, mobile_app.error),
    "crm_a": Vendor(crm_a.CrmA, crm_a.error),
    "crm_b": Vendor(crm_b.CrmB, crm_b.error),
}
