"""A nightly job of core banking: phone numbers are written in another way, here and there.

It changes one column, and forgets `updated_at`.
"""

import numpy as np

from include.sandbox.bank.chance import Today, some
from include.sandbox.bank.world import World


def live(world: World, today: Today) -> None:
    rng = today.rng("upkeep")
    party = world.party
    quiet = np.flatnonzero(party["touched"] < today.number)
    restyled = some(rng, quiet, today.level("restyled phones", 3, 1))
    party["phone_style"][restyled] ^= 1
    party["styled_on"][restyled] = today.number
