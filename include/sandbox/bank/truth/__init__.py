"""What is true, from the bank's own books: who is active, who is who, who came how far, what a session was.

Only tests and the closing summary of a run read this. It shares nothing with the warehouse's SQL: a wrong
definition there shows as a difference from here.
"""

from include.sandbox.bank.truth.activity import (
    WINDOW,
    Books,
    acted_by,
    active_at,
    books_of,
    eligible_at,
    party_ids,
    truth,
)

__all__ = [
    "WINDOW",
    "Books",
    "acted_by",
    "active_at",
    "books_of",
    "eligible_at",
    "party_ids",
    "truth",
]
