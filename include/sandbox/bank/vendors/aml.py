"""The anti-money-laundering vendor's records."""

from typing import Any

from include.sandbox.bank.chance import mixed
from include.sandbox.bank.chapters import Chapter, Upsert
from include.sandbox.bank.columns import Array
from include.sandbox.bank.people import Persons
from include.sandbox.bank.screening import ALERT_KINDS, ALERT_STATES, BANDS
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.vendors.records import Rows, documents, records, uuids, zulu
from include.sandbox.bank.world import World

REASONS = ("geography", "occupation", "product", "adverse_media", "transaction_pattern")
LISTS = ("OSFI consolidated", "OFAC SDN", "UN 1267", "PEP tier 2", "Press, Québec")
OLD_MODEL = 5  # one record in five comes from the old scoring model, which sends its score as text


def chapter(world: World, rows: Rows) -> Chapter:
    """Risk bands and alerts."""
    return Chapter(
        "aml",
        (_bands(world, rows(world.risk_band, "touched")), _alerts(world, rows(world.alert, "touched"))),
    )


def _bands(world: World, rows: Array) -> Upsert:
    band = world.risk_band
    picks = mixed(world.spec.seed, "risk reason", rows).tolist()
    old = [pick % OLD_MODEL == 0 for pick in picks]
    columns: dict[str, list[Any]] = {
        "party_id": party_ids(band["party"][rows]),
        "scored_at": zulu(band["scored_at"][rows]),
        "band": [BANDS[code] for code in band["band"][rows].tolist()],
        "score": [
            str(score) if is_old else score
            for score, is_old in zip(band["score"][rows].tolist(), old, strict=True)
        ],
        "reasons": [[REASONS[pick % 5], REASONS[pick // 5 % 5]][: pick % 3] for pick in picks],
        "model_version": ["2.9" if is_old else "3.1" for is_old in old],
        "overridden_by_analyst": band["overridden"][rows].tolist(),
        "updated_at": zulu(band["updated_at"][rows]),
    }
    ids = [f"{row:010d}" for row in rows.tolist()]
    return records("aml.risk_band", ids, band["updated_at"][rows], documents(columns))


def _alerts(world: World, rows: Array) -> Upsert:
    alert, seed = world.alert, world.spec.seed
    ids = uuids(seed, "alert", rows)
    parties = alert["party"][rows]
    persons = Persons(world.spec, "alert", world.party["person"][parties], rows)
    picks = mixed(seed, "alert match", rows).tolist()
    columns: dict[str, list[Any]] = {
        "alert_id": ids,
        "party_id": party_ids(parties),
        "kind": [ALERT_KINDS[code] for code in alert["kind"][rows].tolist()],
        "status": [ALERT_STATES[code] for code in alert["status"][rows].tolist()],
        "matches": [
            [{"list": LISTS[pick % 5], "name": name, "confidence": round(0.5 + pick % 50 / 100, 2)}]
            for pick, name in zip(
                picks, persons.legal_names(world.party["name_version"][parties]), strict=True
            )
        ],
        "opened_at": zulu(alert["opened_at"][rows]),
        "closed_at": zulu(alert["closed_at"][rows]),
        "updated_at": zulu(alert["updated_at"][rows]),
    }
    return records("aml.alert", ids, alert["updated_at"][rows], documents(columns))
