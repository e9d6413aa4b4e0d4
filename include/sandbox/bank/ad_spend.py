"""What campaigns cost outside e-mail: a daily file with a line per channel, campaign and day."""

import csv
import io

import numpy as np

from include.sandbox.bank.calendar import BusinessDay
from include.sandbox.bank.chance import Today, fraction
from include.sandbox.bank.columns import Array
from include.sandbox.bank.spec import PAID_CHANNELS
from include.sandbox.bank.vendors.marketing import campaign_ids
from include.sandbox.bank.world import World

SOURCE = "drop_ad_spend"
COLUMNS = ("channel", "campaign", "date", "impressions", "clicks", "spend", "currency", "note")
PODCAST, AFFILIATE = 3, 4

# Dirt, as shares.
SHARE_RESTATED = 0.15  # lines of yesterday that stand in today's file too, with clicks counted since
SHARE_CORRECTED = 0.3  # days on which an earlier file is sent again, a third of its lines corrected
SHARE_WITH_FEE = 0.1  # files with a column that nobody announced
CORRECTED_WITHIN_DAYS = 5
OPEN_CAMPAIGNS = 4

# Cost of a click and clicks per thousand views, by channel.
CENTS_A_CLICK = np.array([210, 95, 60, 340, 150])
CLICKS_A_THOUSAND = np.array([32.0, 11.0, 2.5, 1.2, 9.0])
VIEWS = 9_000
NOTES = ("", "", "", 'Auto-bid "max clicks"', "Paused at noon,\nresumed at 3 pm", "Budget moved 🎯", "n/a")


def live(world: World, today: Today) -> None:
    """Write today's lines: what each channel counted, some of yesterday again, corrections of older ones."""
    rng = today.rng("ad spend")
    _restate(world, today, rng)
    _correct(world, today, rng)
    opened = np.arange(max(0, len(world.campaign) - OPEN_CAMPAIGNS), len(world.campaign))
    channel = np.repeat(np.arange(len(PAID_CHANNELS)), len(opened))
    campaign = np.tile(opened, len(PAID_CHANNELS))
    # Affiliates count a day late. A campaign of today they do not know yet.
    spent_on = today.number - (channel == AFFILIATE)
    kept = world.campaign["started_on"][campaign] <= spent_on
    channel, campaign, spent_on = channel[kept], campaign[kept], spent_on[kept]
    impressions = rng.poisson(VIEWS * today.scale * rng.lognormal(0.0, 0.3, len(channel)))
    clicks = rng.binomial(impressions, CLICKS_A_THOUSAND[channel] / 1000)
    world.ad_spend.append(
        len(channel),
        channel=channel,
        campaign=campaign,
        spent_on=spent_on,
        impressions=impressions,
        clicks=clicks,
        cents=(clicks * CENTS_A_CLICK[channel] * rng.uniform(0.8, 1.2, len(channel))).astype(np.int64),
        file=today.number,
    )


def _restate(world: World, today: Today, rng: np.random.Generator) -> None:
    line = world.ad_spend
    yesterday = np.flatnonzero((line["file"] == today.number - 1) & (line["spent_on"] == today.number - 1))
    again = yesterday[rng.random(len(yesterday)) < SHARE_RESTATED]
    more = rng.integers(1, 40, len(again))
    world.ad_spend.append(
        len(again),
        **{name: line[name][again] for name in ("channel", "campaign", "spent_on", "impressions")},
        clicks=line["clicks"][again] + more,
        cents=line["cents"][again] + more * CENTS_A_CLICK[line["channel"][again]],
        file=today.number,
    )


def _correct(world: World, today: Today, rng: np.random.Generator) -> None:
    if rng.random() >= SHARE_CORRECTED:
        return
    line = world.ad_spend
    file = today.number - int(rng.integers(1, CORRECTED_WITHIN_DAYS + 1))
    lines = np.flatnonzero((line["file"] == file) & (line["corrected_on"] == 0) & (line["clicks"] > 0))
    wrong = lines[rng.random(len(lines)) < 1 / 3]
    line["corrected_on"][wrong] = today.number
    line["invalid_clicks"][wrong] = np.minimum(line["clicks"][wrong], rng.integers(1, 60, len(wrong)))


def sent_again(world: World, day: BusinessDay) -> list[BusinessDay]:
    """The days whose files are sent once more on `day`."""
    files = world.ad_spend["file"][world.ad_spend["corrected_on"] == day.number]
    return [BusinessDay.numbered(number) for number in np.unique(files).tolist()]


def file_name(day: BusinessDay) -> str:
    return f"ad_spend_{day.date.isoformat()}.csv"


def content(world: World, day: BusinessDay, known_on: int) -> bytes:
    """The day's file as it is sent on day number `known_on`: UTF-8, commas, sums as each channel has them."""
    line = world.ad_spend
    rows = np.flatnonzero(line["file"] == day.number)
    is_corrected = (line["corrected_on"][rows] > 0) & (line["corrected_on"][rows] <= known_on)
    invalid = np.where(is_corrected, line["invalid_clicks"][rows], 0)
    has_fee = fraction(world.spec.seed, "agency fee", np.array([day.number]))[0] < SHARE_WITH_FEE
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*COLUMNS, "agency_fee") if has_fee else COLUMNS)
    for values in _lines(world, rows, invalid):
        writer.writerow((*values, "4.50") if has_fee else values)
    return text.getvalue().encode("utf-8")


def _lines(world: World, rows: Array, invalid: Array) -> list[tuple[str, ...]]:
    line = world.ad_spend
    clicks = line["clicks"][rows] - invalid
    cents = line["cents"][rows] - invalid * (line["cents"][rows] // np.maximum(line["clicks"][rows], 1))
    return [
        (
            PAID_CHANNELS[channel],
            campaign,
            BusinessDay.numbered(day).date.isoformat(),
            _counted(channel, seen),
            _counted(channel, clicked),
            _sum(channel, paid),
            "CAD",
            NOTES[row % len(NOTES)],
        )
        for row, channel, campaign, day, seen, clicked, paid in zip(
            rows.tolist(),
            line["channel"][rows].tolist(),
            campaign_ids(line["campaign"][rows]),
            line["spent_on"][rows].tolist(),
            line["impressions"][rows].tolist(),
            clicks.tolist(),
            cents.tolist(),
            strict=True,
        )
    ]


def _counted(channel: int, count: int) -> str:
    """Podcasts and affiliates are typed by hand, thousands apart."""
    return f"{count:,}" if channel in (PODCAST, AFFILIATE) else str(count)


def _sum(channel: int, cents: int) -> str:
    dollars = f"{cents // 100:,}.{cents % 100:02d}"
    if channel == PODCAST:
        return f"${dollars}"
    return dollars if channel == AFFILIATE else dollars.replace(",", "")
