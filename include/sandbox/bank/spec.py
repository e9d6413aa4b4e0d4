"""What a world is made from, and the codes that its rows use."""

import datetime as dt
from dataclasses import dataclass

PRODUCTS = ("everyday_chequing", "student_chequing", "high_interest_savings", "credit_card", "gic")
PRIMARY_PRODUCTS = 3  # clause 3.1 names the first three
CHEQUING = 2  # the first two take a payroll
SAVINGS = 2
CREDIT_CARD = 3
GIC = 4

KINDS = (
    "purchase",
    "bill_payment",
    "transfer_out",
    "cash_withdrawal",
    "deposit",
    "payroll",
    "interest",
    "fee",
)
INITIATED_KINDS = 5  # clause 2.1: the customer does the first five; the rest are done to the account
PURCHASE = 0
DEPOSIT, PAYROLL, INTEREST, FEE = 4, 5, 6, 7

APPLICANT_STATES = ("pending", "verified", "rejected")
PENDING, VERIFIED, REJECTED = 0, 1, 2
CHECK_TYPES = ("identity", "document")
CHECK_RESULTS = (None, "clear", "consider", "rejected")
CLEAR_RESULT, CONSIDER_RESULT, REJECTED_RESULT = 1, 2, 3

DECISIONS = ("clear", "review", "freeze")
CLEARED, REVIEW, FREEZE = 0, 1, 2

EMAIL_EVENTS = ("sent", "delivered", "open", "click", "unsubscribe")
SENT, DELIVERED, OPEN, CLICK, UNSUBSCRIBE = 0, 1, 2, 3, 4

CARD_STATES = ("active", "blocked", "cancelled")
ACTIVE, BLOCKED, CANCELLED = 0, 1, 2
APPROVED, DECLINED = 0, 1
SETTLEMENT_TYPES = ("purchase", "refund")
PURCHASED, REFUNDED = 0, 1

# Where a campaign is paid for, besides the e-mails it sends.
PAID_CHANNELS = ("paid_search", "paid_social", "display", "podcast", "affiliate")

# What happens in the app: the type of an event, and the screen it is about.
APP_EVENTS = (
    ("session_start", ""),
    ("screen_view", "main"),
    ("login", ""),
    ("logout", ""),
    ("push_received", ""),
    ("screen_view", "accounts"),
    ("screen_view", "transfer"),
    ("screen_view", "pay_bills"),
    ("screen_view", "cards"),
    ("screen_view", "search"),
    ("screen_view", "rates"),
    ("screen_view", "offers"),
    ("screen_view", "apply"),
)
APP_SESSION_START, APP_MAIN_PAGE, APP_LOGIN, APP_LOGOUT, APP_PUSH = 0, 1, 2, 3, 4
APP_SCREENS = (1, 5, 5, 5, 6, 7, 8, 9, 10, 11)  # where customers go, the more often the more likely
APP_VISITOR_SCREENS = (1, 10, 10, 11, 11, 12)

# The stages of an opportunity or a deal: three open ones, then how it ended.
OPEN_STAGES = 3
WON, LOST = 3, 4

MINIMUM_PEOPLE = 50
MINIMUM_HISTORY = 45
QUIET_DAYS = 12
NEW_PARTIES_A_DAY = 5


@dataclass(frozen=True)
class WorldSpec:
    """Everything that decides a world's history. The same spec is the same world, byte for byte.

    `people`: about how many parties core banking holds on `last_day`, the last day of history.
    """

    last_day: dt.date
    people: int = 2000
    history_days: int = 60
    seed: int = 7

    def __post_init__(self) -> None:
        if self.people < MINIMUM_PEOPLE:
            raise ValueError(f"people is {self.people}; give at least {MINIMUM_PEOPLE}")
        if self.history_days < MINIMUM_HISTORY:
            # Thirty days pass before anybody's window is full; below that no day's activity is steady.
            raise ValueError(f"history_days is {self.history_days}; give at least {MINIMUM_HISTORY}")
        if self.seed < 0:
            raise ValueError(f"seed is {self.seed}; give a number from 0 up")

    @property
    def first_day(self) -> dt.date:
        return self.last_day - dt.timedelta(days=self.history_days - 1)

    @property
    def first_people(self) -> int:
        """How many people the bank has on the morning of its first day: those numbered below this."""
        growth = int(NEW_PARTIES_A_DAY * self.scale * self.history_days)
        return max(self.people // 2, self.people - growth)

    @property
    def scale(self) -> float:
        """Size relative to the 2,000 people that daily levels are written for."""
        return self.people / 2000
