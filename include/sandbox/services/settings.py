"""What the services are started with."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SERVICES = ("kyc", "marketing", "slack")


@dataclass(frozen=True)
class Secrets:
    """What callers must show: throw-away values of a sandbox on loopback, unless others are given."""

    kyc: str = "sandbox-kyc-token"
    marketing: str = "sandbox-marketing-key"
    slack: str = "xoxb-sandbox"

    @classmethod
    def from_environment(cls) -> "Secrets":
        """SANDBOX_KYC_SECRET, SANDBOX_MARKETING_SECRET, SANDBOX_SLACK_SECRET; unset ones keep the default."""
        given = {name: os.environ.get(f"SANDBOX_{name.upper()}_SECRET") for name in SERVICES}
        return cls(**{name: secret for name, secret in given.items() if secret})


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


def vendors_limits() -> dict[str, RateLimit]:
    """About what is published: Onfido 400 a minute, Marketo 100 in 20 seconds, Slack 1 a second."""
    return {"kyc": RateLimit(400 / 60, 400), "marketing": RateLimit(5, 100), "slack": RateLimit(1, 60)}


@dataclass(frozen=True)
class Settings:
    """`dsn` is the database `vendors`; `limits` has an entry per service; `folders` are served by name."""

    dsn: str
    secrets: Secrets = field(default_factory=Secrets)
    limits: Mapping[str, RateLimit] = field(default_factory=vendors_limits)
    folders: Mapping[str, Path] = field(default_factory=dict)
