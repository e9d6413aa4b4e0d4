"""The departments that drop files: what each sends at the end of a day, and what it sends again."""

from collections.abc import Collection
from pathlib import Path

from include.sandbox.bank import ad_spend, drops, referrals, reviews
from include.sandbox.bank.calendar import BusinessDay
from include.sandbox.bank.world import World

FEEDS = (reviews, ad_spend, referrals)
SOURCES = tuple(feed.SOURCE for feed in FEEDS)


def deliver(drop: Path, world: World, day: BusinessDay, hold: Collection[str] = ()) -> None:
    """Drop the day's files, those of the sources in `hold` aside, and then what is sent again on it."""
    for feed in FEEDS:
        body = feed.content(world, day, day.number)
        drops.deliver(drop, feed.file_name(day), body, hold=feed.SOURCE in hold)
        for earlier in feed.sent_again(world, day):
            if earlier.date >= world.spec.first_day:
                drops.send_again(drop, feed.file_name(earlier), feed.content(world, earlier, day.number))
