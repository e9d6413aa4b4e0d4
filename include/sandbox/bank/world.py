"""The state of the bank and everything around it: who exists, what they hold, what happened."""

from dataclasses import dataclass, field

import numpy as np

from include.sandbox.bank.columns import Array, Columns
from include.sandbox.bank.spec import WorldSpec

# How often a party acts of its own accord.
FREQUENT, OCCASIONAL, DORMANT = 0, 1, 2


def _versioned(**dtypes: str) -> Columns:
    """A table whose rows remember the day they appeared and the last day they changed."""
    return Columns(**dtypes, born="i4", touched="i4")


def _crm_contact() -> Columns:
    return _versioned(
        person="i4",
        party="i4",
        contact_version="i4",
        created_at="i8",
        updated_at="i8",
        deleted_on="i4",
    )


def _crm_deal() -> Columns:
    return _versioned(
        contact="i4",
        product="i1",
        stage="i1",
        cents="i8",
        created_at="i8",
        closes_on="i4",
        updated_at="i8",
        deleted_on="i4",
    )


@dataclass
class World:
    """All tables of the world. Row numbers are the keys inside; ids are made from them when written.

    Moments are microseconds of UTC, 0 for 'not yet'; days are ordinals (`date.toordinal`). A row whose `born`
    or `known` day lies ahead exists already in the bank's plans but reaches its source only on that day: that
    is how late transactions and late e-mail events arrive.
    """

    spec: WorldSpec
    last_lived: int = 0
    people: int = 0
    app_events: int = 0  # events so far, repeated uploads not counted
    base_active: int = 0  # what the number of active customers swings around, once 30 days are full

    party: Columns = field(
        default_factory=lambda: _versioned(
            person="i4",
            created_at="i8",
            updated_at="i8",
            name_version="i4",
            contact_version="i4",
            rhythm="i1",
            rate="f8",
            paid="bool",
            root="i4",
            kept_until="i4",
        )
    )
    account: Columns = field(
        default_factory=lambda: _versioned(
            party="i4",
            product="i1",
            opened_at="i8",
            closed_at="i8",
            updated_at="i8",
            decision="i1",
            decided_at="i8",
        )
    )
    transaction: Columns = field(
        default_factory=lambda: Columns(
            account="i4",
            kind="i1",
            cents="i8",
            posted_at="i8",
            settles_at="i8",
            born="i4",
            settles_on="i4",
            deleted_on="i4",
        )
    )
    merge: Columns = field(
        default_factory=lambda: Columns(
            retired="i4", survivor="i4", merged_at="i8", repointed="bool", born="i4"
        )
    )
    applicant: Columns = field(
        default_factory=lambda: _versioned(
            person="i4",
            party="i4",
            shows_party="bool",
            state="i1",
            created_at="i8",
            updated_at="i8",
        )
    )
    check: Columns = field(
        default_factory=lambda: _versioned(
            applicant="i4",
            kind="i1",
            result="i1",
            created_at="i8",
            completed_at="i8",
            updated_at="i8",
        )
    )
    handoff: Columns = field(
        default_factory=lambda: _versioned(
            applicant="i4", verified_at="i8", handed_off_at="i8", updated_at="i8"
        )
    )
    contact: Columns = field(
        default_factory=lambda: _versioned(
            person="i4",
            party="i4",
            created_at="i8",
            updated_at="i8",
            operational="bool",
            marketing="bool",
            email_version="i4",
        )
    )
    campaign: Columns = field(default_factory=lambda: Columns(started_on="i4", updated_at="i8", born="i4"))
    email_event: Columns = field(
        default_factory=lambda: Columns(
            event="i4", contact="i4", campaign="i4", kind="i1", occurred_at="i8", recorded_at="i8", known="i4"
        )
    )
    review: Columns = field(
        default_factory=lambda: Columns(
            account="i4", decision="i1", reviewed_at="i8", known="i4", resent="bool"
        )
    )
    # Two customer relationship systems: the branches' (a) and, from a bank that was bought, another (b).
    crm_a_contact: Columns = field(default_factory=_crm_contact)
    crm_a_opportunity: Columns = field(default_factory=_crm_deal)
    crm_a_member: Columns = field(
        default_factory=lambda: _versioned(
            contact="i4",
            campaign="i4",
            responded_at="i8",
            created_at="i8",
            updated_at="i8",
            deleted_on="i4",
        )
    )
    crm_b_contact: Columns = field(default_factory=_crm_contact)
    crm_b_deal: Columns = field(default_factory=_crm_deal)
    crm_prospects: int = 0  # people whom the sales teams alone know

    device: Columns = field(
        default_factory=lambda: Columns(party="i4", also="i4", skew="i8", born="i4")
    )  # `also` is a second user; -1 for nobody, or nobody the bank knows
    app_event: Columns = field(
        default_factory=lambda: Columns(
            number="i8",
            device="i4",
            party="i4",
            kind="i1",
            happened_at="i8",
            session_at="i8",
            uploaded_at="i8",
            known="i4",
        )
    )

    risk_band: Columns = field(
        default_factory=lambda: _versioned(
            party="i4", band="i1", score="i2", scored_at="i8", updated_at="i8", overridden="bool"
        )
    )
    alert: Columns = field(
        default_factory=lambda: _versioned(
            party="i4", kind="i1", status="i1", opened_at="i8", closed_at="i8", updated_at="i8"
        )
    )
    ticket: Columns = field(
        default_factory=lambda: _versioned(
            contact="i4",
            channel="i1",
            status="i1",
            created_at="i8",
            updated_at="i8",
            generated_at="i8",
            solved_on="i4",
            merged_into="i4",
        )
    )
    ticket_event: Columns = field(
        default_factory=lambda: Columns(ticket="i4", kind="i1", status="i1", at="i8", born="i4")
    )
    survey_response: Columns = field(
        default_factory=lambda: _versioned(
            contact="i4", cause="i1", score="i1", comment="i2", created_at="i8", updated_at="i8"
        )
    )
    posted_rate: Columns = field(default_factory=lambda: _versioned(series="i2", day="i4", basis_points="i4"))

    # The bank's own books, from which the truth is computed.
    customer_act: Columns = field(default_factory=lambda: Columns(party="i4", at="i8", known="i4"))
    opt_in: Columns = field(default_factory=lambda: Columns(contact="i4", at="i8", state="bool", known="i4"))

    def new_people(self, count: int) -> Array:
        """Numbers for people nobody has met yet."""
        first = self.people
        self.people += count
        return np.arange(first, self.people)

    def remember_opt_in(self, contacts: Array, day: int) -> None:
        """Book the operational opt-in that these contacts' records state from their `updated_at` on."""
        self.opt_in.append(
            len(contacts),
            contact=contacts,
            at=self.contact["updated_at"][contacts],
            state=self.contact["operational"][contacts],
            known=day,
        )

    def people_with_one_party(self) -> Array:
        """Row numbers of parties whose person is known to the bank once only."""
        person = self.party["person"]
        return np.flatnonzero(np.bincount(person, minlength=self.people)[person] == 1)

    def contact_of_party(self) -> Array:
        """For each party its contact's row, -1 where it has none."""
        contact = np.full(len(self.party), -1, np.int64)
        linked = np.flatnonzero(self.contact["party"] >= 0)
        contact[self.contact["party"][linked]] = linked
        return contact
