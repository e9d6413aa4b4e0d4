"""What all tests share."""

from hypothesis import settings

# A slow machine is no failure: no example has a time limit.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
