"""What the services are started with."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class RateLimit:
    """A token bucket: `burst` requests at once, refilled at `per_second`."""

    per_second: float
    burst: int

    @classmethod
    def parse(cls, text: str) -> "RateLimit":
        """'5/100' is 5 a second with bursts of 100."""
        rate, _, burst = text.partition("/")
        try:
            limit = cls(float(rate), int(burst))
        except ValueError:
            raise ValueError(f"rate limit {text!r} is not <per second>/<burst>, such as 5/100") from None
        if limit.per_second <= 0 or limit.burst < 1:
            raise ValueError(f"rate limit {text!r} lets nothing through; both numbers must be above 0")
        return limit


# The services there are, with about the limits their vendors publish.
LIMITS: Mapping[str, RateLimit] = {
    "kyc": RateLimit(400 / 60, 400),  # Onfido: 400 a minute
    "marketing": RateLimit(5, 100),  # Marketo: 100 in 20 seconds
    "aml": RateLimit(10, 600),  # ComplyAdvantage: by agreement
    "nps": RateLimit(10, 100),  # Delighted: a leaky bucket
    "rates": RateLimit(20, 200),  # the Bank of Canada asks for moderation
    "support": RateLimit(30 / 60, 30),  # Zendesk: 30 exports a minute with the high-volume add-on
    "mobile_app": RateLimit(4, 60),
    "crm_a": RateLimit(20, 25),  # Salesforce: 25 long requests at a time
    "crm_b": RateLimit(5, 5),  # HubSpot: five searches a second
    "slack": RateLimit(1, 60),
}

# Who callers say they are, where a vendor wants to know that beside the secret.
LOGINS: Mapping[str, str] = {
    "aml": "sandbox-aml-token",
    "support": "export@bank.example/token",
    "mobile_app": "sandbox-mobile-app-key",
    "crm_a": "sandbox-crm-a-client",
}


def throw_away_secrets() -> dict[str, str]:
    """What callers of each service must show, unless SANDBOX_<SERVICE>_SECRET says otherwise."""
    return {
        name: os.environ.get(f"SANDBOX_{name.upper()}_SECRET") or f"sandbox-{name}-secret" for name in LIMITS
    }


@dataclass(frozen=True)
class Settings:
    """`dsn` is the database `vendors`; `secrets` and `limits` have an entry per service; `folders` are served
    by name.
    """

    dsn: str
    secrets: Mapping[str, str] = field(default_factory=throw_away_secrets)
    limits: Mapping[str, RateLimit] = field(default_factory=lambda: LIMITS)
    folders: Mapping[str, Path] = field(default_factory=dict)
