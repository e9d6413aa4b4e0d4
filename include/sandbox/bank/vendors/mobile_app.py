"""The app analytics vendor's records: what devices uploaded, in the fields of Amplitude's export.

https://amplitude.com/docs/apis/analytics/export (response schema). A day is half a million events at a
hundred thousand people, so a record's text is put together from parts that many records share.
"""

import json

import numpy as np

from include.sandbox.bank.app_usage import NO_CAMPAIGN, campaign_links
from include.sandbox.bank.chance import fraction, mixed
from include.sandbox.bank.chapters import Chapter, Insert
from include.sandbox.bank.columns import Array
from include.sandbox.bank.people import Persons, Reached
from include.sandbox.bank.spec import APP_EVENTS, APP_SESSION_START
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.vendors.marketing import campaign_ids
from include.sandbox.bank.vendors.records import RECORD, Rows
from include.sandbox.bank.world import World

MODELS = (
    ("iOS", "ios", "18.1", "Apple iPhone", "iPhone 15"),
    ("iOS", "ios", "17.6.1", "Apple iPhone", "iPhone SE (3rd generation)"),
    ("Android", "android", "15", "Samsung Galaxy Phone", "Galaxy S24"),
    ("Android", "android", "13", "Google Pixel Phone", "Pixel 7a"),
)
PLACES = (
    ("Ontario", "Toronto", "America/Toronto", "en"),
    ("Ontario", "Ottawa", "America/Toronto", "en"),
    ("Quebec", "Montréal", "America/Toronto", "fr"),
    ("British Columbia", "Vancouver", "America/Vancouver", "en"),
    ("Alberta", "Calgary", "America/Edmonton", "en"),
    ("Newfoundland and Labrador", "St. John's", "America/St_Johns", "en"),
)
VERSIONS = ("5.3.0", "5.3.0", "5.2.1", "4.9.7")
WITHOUT_SESSIONS = "4.9.7"  # this version of the app does not say which session an event belongs to
SESSIONS_AS_TEXT = "5.2.1"  # and this one writes the session's number in quotes
SEARCHES = (
    "rent 🏠",
    'the "no-fee" account',
    "virement à maman",
    "back\\slash",
    "nul\0byte",
    "e-transfer limit",
)


def chapter(world: World, rows: Rows) -> Chapter:
    """Events as uploaded."""
    return Chapter("mobile_app", (_events(world, rows(world.app_event, "known")),))


def device_ids(world: World, devices: Array) -> list[str]:
    return [f"{value:016x}R" for value in mixed(world.spec.seed, "device", devices).tolist()]


def user_ids(world: World, parties: Array) -> list[str]:
    """Whom the app knows a party as: the number of its online banking."""
    return [f"ob-{value >> 16:012x}" for value in mixed(world.spec.seed, "online banking", parties).tolist()]


def _events(world: World, rows: Array) -> Insert:
    event, seed = world.app_event, world.spec.seed
    device, party = event["device"][rows], event["party"][rows]
    devices, device_of = np.unique(device, return_inverse=True)
    parties, party_of = np.unique(party, return_inverse=True)
    on_device, places, versions = _devices(world, devices)
    of_user = _users(world, parties)
    skew = world.device["skew"][device]
    uploaded, number = event["uploaded_at"][rows], event["number"][rows]
    server_time, client_time = _moments(uploaded), _moments(event["happened_at"][rows] + skew)
    session_at = event["session_at"][rows]
    sessions = _sessions(session_at, skew, versions[device_of])
    kinds = _kinds(seed, event["kind"][rows], number)
    _tell_links(kinds, campaign_links(world, rows))
    texts = (
        f'{{"$insert_id":"{insert:016x}",{on_device[d]},"user_id":{of_user[u][0]},"event_id":{n},'
        f'{kind},"user_properties":{{{places[d]}{of_user[u][1]}}},"session_id":{session},'
        f'"event_time":"{event_time}","client_event_time":"{client}","client_upload_time":"{upload}",'
        f'"server_received_time":"{server}","server_upload_time":"{server}","processed_time":"{server}",'
        f'"uuid":"{high >> 32:08x}-{high >> 16 & 65535:04x}-4{high & 4095:03x}-a{low >> 52:03x}-{row:012x}"}}'
        for insert, d, u, n, kind, session, event_time, client, upload, server, high, low, row in zip(
            insert_ids(world, number).tolist(),
            device_of.tolist(),
            party_of.tolist(),
            (number % 100_000).tolist(),
            kinds,
            sessions,
            _moments(event["happened_at"][rows]),
            client_time,
            _moments(uploaded + skew),
            server_time,
            mixed(seed, "uuid", rows).tolist(),
            mixed(seed, "uuid low", rows).tolist(),
            rows.tolist(),
            strict=True,
        )
    )
    # A repeated upload is a record of its own: what it has in common with the first is its $insert_id.
    uploads = (f"{row:012d}" for row in rows.tolist())
    cursors = (f"{moment}+00" for moment in server_time)
    return Insert("mobile_app.event", RECORD, list(zip(uploads, cursors, texts, strict=True)))


def _moments(moments: Array) -> list[str]:
    """UTC with six decimals and without a zone, as the vendor writes it."""
    written = np.datetime_as_string(moments.astype("datetime64[us]"), unit="us").tolist()
    return [f"{text[:10]} {text[11:]}" for text in written]


def _devices(world: World, devices: Array) -> tuple[list[str], list[str], Array]:
    """For each device its fields, its part of the user properties, and its version of the app."""
    seed = world.spec.seed

    def one_of(salt: str, choices: int) -> list[int]:
        return [int(value) % choices for value in mixed(seed, salt, devices).tolist()]

    fields, places, versions = [], [], []
    for device_id, model, place, version, has_nul, number in zip(
        device_ids(world, devices),
        one_of("model", len(MODELS)),
        one_of("place", len(PLACES)),
        _versions(world, devices).tolist(),
        (fraction(seed, "nul in model", devices) < 0.01).tolist(),
        devices.tolist(),
        strict=True,
    ):
        platform, system, system_version, family, name = MODELS[model]
        region, city, zone, language = PLACES[place]
        described = {
            "app": 410017,
            "amplitude_id": 902_000_000_000 + number,
            "device_id": device_id,
            "platform": platform,
            "os_name": system,
            "os_version": system_version,
            "device_family": family,
            "device_type": name,
            "device_model": f"{name}\0" if has_nul else name,
            "version_name": VERSIONS[version],
            "language": "French" if language == "fr" else "English",
            "country": "Canada",
            "region": region,
            "city": city,
            "library": f"amplitude-{system}/1.2.{version}",
        }
        fields.append(_json(described)[1:-1])
        places.append(f'"timezone":"{zone}"')
        versions.append(VERSIONS[version])
    return fields, places, np.array(versions)


def reached(world: World, parties: Array) -> Reached:
    """Customers typed their address and number into the app themselves."""
    persons = Persons(world.spec, "app", world.party["person"][parties], parties)
    return Reached(persons.emails(0, missing=0.08), persons.phones(0, missing=0.1, pattern="+1{0}555{1}"))


def has_old_login(world: World, parties: Array) -> Array:
    """One in ten uses a login from before the app was told customer numbers: it names no party."""
    return np.asarray(fraction(world.spec.seed, "old login", parties) < 0.1)


def insert_ids(world: World, numbers: Array) -> Array:
    """The app's own identifiers of events, as 64-bit numbers: 16 digits of hex when written."""
    return mixed(world.spec.seed, "insert", numbers)


def names_sessions(world: World, devices: Array) -> Array:
    """Whether the version of the app on each device says which session an event belongs to."""
    return np.asarray(np.array(VERSIONS)[_versions(world, devices)] != WITHOUT_SESSIONS)


def _versions(world: World, devices: Array) -> Array:
    """For each device the place in `VERSIONS` of its app's."""
    return np.asarray((mixed(world.spec.seed, "version", devices) % np.uint64(len(VERSIONS))).astype(int))


def _users(world: World, parties: Array) -> list[tuple[str, str]]:
    """For each party, -1 for nobody, its user id as JSON and its part of the user properties."""
    known = parties[parties >= 0]
    told_of = reached(world, known)
    users = {
        party: (_json(user), "".join(f",{_json({name: text})[1:-1]}" for name, text in told.items() if text))
        for party, user, told in zip(
            known.tolist(),
            user_ids(world, known),
            (
                {"customer_number": None if is_old else number, "email": email, "phone": phone}
                for number, is_old, email, phone in zip(
                    party_ids(known),
                    has_old_login(world, known).tolist(),
                    told_of.emails,
                    told_of.phones,
                    strict=True,
                )
            ),
            strict=True,
        )
    }
    return [users.get(party, ("null", "")) for party in parties.tolist()]


def _sessions(session_at: Array, skew: Array, versions: Array) -> list[str]:
    """The session's number: its start by the device's clock in milliseconds, -1 where there is none."""
    number = np.where((session_at == 0) | (versions == WITHOUT_SESSIONS), -1, (session_at + skew) // 1000)
    quoted = versions == SESSIONS_AS_TEXT
    return [
        f'"{value}"' if is_quoted else str(value)
        for value, is_quoted in zip(number.tolist(), quoted.tolist(), strict=True)
    ]


def _kinds(seed: int, kinds: Array, numbers: Array) -> list[str]:
    """Type and properties of each event."""
    written = [[_kind(*kind, variant) for variant in range(6)] for kind in APP_EVENTS]
    variants = (mixed(seed, "variant", numbers) % np.uint64(6)).astype(int).tolist()
    return [written[kind][variant] for kind, variant in zip(kinds.tolist(), variants, strict=True)]


def _tell_links(kinds: list[str], campaigns: Array) -> None:
    """Where a campaign's link opened the app, the event that says it was opened names the campaign."""
    opened = np.flatnonzero(campaigns != NO_CAMPAIGN)
    for event, campaign in zip(opened.tolist(), campaign_ids(campaigns[opened]), strict=True):
        kinds[event] = _kind(*APP_EVENTS[APP_SESSION_START], variant=0, campaign=campaign)


def _kind(event_type: str, screen: str, variant: int, campaign: str = "") -> str:
    properties: dict[str, object] = {"screen": screen} if screen else {}
    if screen == "transfer":
        amount = (25, "125.50", 80.0, "1,200.00", 15.25, "60")[variant]  # as text, or as a number
        properties["amount"] = amount
    elif screen == "search":
        properties["search_text"] = SEARCHES[variant]
    if campaign:
        properties["campaign"] = campaign
    return f'"event_type":"{event_type}","event_properties":{_json(properties)}'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
