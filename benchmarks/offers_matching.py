"""Offers matched with requests: seconds for 2,000 of each, against a plain double loop and the whole programme.

The lists are drawn by a fixed seed over the headings of the bundled commodities: half the rows have codes, half have
words alone, and most have volumes, prices, months, certificates and places of the bundled network. The hard case has
one product only, so that every offer fits every request. Run from the project's folder:

    python benchmarks/offers_matching.py [--smoke]
"""

from __future__ import annotations

import argparse
import csv
import random
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np

from tarazu.core.schema import header_line
from tarazu.corridor.network import Network
from tarazu.planning import offers_match
from tarazu.planning.offers import DECLARATION, Kind, OfferList, read_offers
from tarazu.planning.offers_match import match
from tarazu.planning.offers_score import score_pairs

GOODS = [
    ("1003", "feed barley"), ("1001", "milling wheat"), ("1101", "wheat flour"), ("1512", "refined sunflower oil"),
    ("1204", "flax seed"), ("1205", "rapeseed"), ("071340", "red lentils"), ("071320", "chickpeas"),
    ("0204", "chilled lamb"), ("0202", "frozen beef"), ("7208", "hot-rolled coil"), ("7214", "rebar"),
    ("2503", "granulated sulphur"), ("2523", "portland cement"), ("3901", "polyethylene granules"),
    ("080410", "dates"), ("080251", "pistachios in shell"), ("080620", "raisins"), ("0808", "fresh apples"),
    ("6907", "floor tiles"), ("5701", "hand-made carpets"), ("3105", "ammophos"), ("7403", "copper cathodes"),
    ("1806", "chocolate bars"), ("1905", "biscuits"), ("0402", "milk powder"), ("7202", "ferrosilicon"),
]  # fmt: skip
PLACES = {
    "KAZ": ["Kostanay", "Astana", "Almaty", "Aktau", "Karaganda"],
    "IRN": ["Tehran", "Mashhad", "Isfahan"],
}
MOST_WHOLE = 300_000  # pairs up to which the whole programme is run: with 4 million it takes minutes
CERTIFICATES = ["phytosanitary", "veterinary", "halal", "quality", "origin"]


def write_list(
    path: Path, kind: Kind, country: str, count: int, seed: int, goods: list[tuple[str, str]]
) -> None:
    """A drawn list as CSV."""
    rng = random.Random(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header_line(kind, DECLARATION).split(","))
        writer.writeheader()
        for number in range(count):
            code, words = rng.choice(goods)
            high, price = rng.randrange(50, 20_000), rng.randrange(150, 3_000)
            first = rng.randrange(1, 13)
            row = {"id": f"{kind[0]}{number:05d}", "country": country, "product": words}
            row |= {
                "hs": code if rng.random() < 0.5 else "",
                "volume_high_t": high if rng.random() < 0.9 else "",
            }
            if rng.random() < 0.8:
                row |= {"price_high_usd_t": price, "incoterm": rng.choice(["FCA", "DAP", "CPT"])}
            row |= {"months": f"{first}-{(first + 5) % 12 + 1}" if rng.random() < 0.6 else ""}
            row |= {
                "certificates": ";".join(rng.sample(CERTIFICATES, 2)),
                "place": rng.choice(PLACES[country]),
            }
            writer.writerow(row)


def double_loop(offers: OfferList, requests: OfferList) -> float:
    """Every pair scored by itself, in plain Python: what a first version would do. Returns seconds."""
    start = time.perf_counter()
    for offer in offers.rows:
        for request in requests.rows:
            one = offer.codes and request.codes and offer.codes[0][:4] == request.codes[0][:4]
            if not one:
                continue
            season = len(set(offer.months) & set(request.months)) / len(request.months)
            held = len(set(offer.certificates) & set(request.certificates)) / (len(request.certificates) or 1)
            asked = offer.price_usd_t[0] if offer.price_usd_t else 0.0
            paid = request.price_usd_t[1] if request.price_usd_t else 1.0
            volume = min(1.0, (offer.volume_t or (0, 0))[1] / max((request.volume_t or (0, 1))[1], 1.0))
            _ = season + held + min(1.0, paid / max(asked, 1.0)) + volume
    return time.perf_counter() - start


def whole_programme(offers: OfferList, requests: OfferList, network: Network) -> float:
    """Seconds of the same programme in scipy's HiGHS with every pair at once."""
    from scipy.optimize import linprog
    from scipy.sparse import csc_array

    pairs = score_pairs(offers.rows, requests.rows, network)
    sizes = [
        np.array([o.volume_t[1] if o.volume_t else 0.0 for o in each.rows]) for each in (offers, requests)
    ]
    good = np.flatnonzero(pairs.score >= offers_match.scoring()["least-score"])
    score, n, count = pairs.score[good], len(offers.rows), len(good)
    start = time.perf_counter()
    rows = np.concatenate((pairs.offer[good], n + pairs.request[good]))
    columns = np.concatenate((np.arange(count), np.arange(count)))
    matrix = csc_array((np.ones(2 * count), (rows, columns)), shape=(n + len(requests.rows), count))
    linprog(-score, A_ub=matrix, b_ub=np.concatenate(sizes), bounds=(0, None), method="highs")
    return time.perf_counter() - start


def lists_of(
    count: int, goods: list[tuple[str, str]], network: Network
) -> tuple[OfferList, OfferList, float]:
    """Offers and requests read from drawn files, and the seconds of reading."""
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder) / "offers.csv", Path(folder) / "requests.csv"
        write_list(paths[0], "offers", "KAZ", count, 1, goods)
        write_list(paths[1], "requests", "IRN", count, 2, goods)
        start = time.perf_counter()
        found = read_offers(paths[0], "offers", network), read_offers(paths[1], "requests", network)
        return *found, time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true", help="small lists, to see that it runs")
    count = 60 if parser.parse_args().smoke else 2_000
    network = Network.read("kaz-irn")
    heads = ("read", "match", "loop", "whole LP", "pairs", "matches")
    print(f"{'lists':<44}" + "".join(f"{head:>10}" for head in heads))
    for name, goods in (("27 products", GOODS), ("one product, every pair fits", GOODS[:1])):
        offers, requests, reading = lists_of(count, goods, network)
        start = time.perf_counter()
        found = match(offers, requests, network=network, on=date(2026, 1, 1))
        seconds = time.perf_counter() - start
        loop = double_loop(offers, requests)
        whole = whole_programme(offers, requests, network) if found.pairs <= MOST_WHOLE else None
        cells = [f"{x:.2f}s" for x in (reading, seconds, loop)] + ["-" if whole is None else f"{whole:.2f}s"]
        cells += [f"{found.pairs:,}", f"{len(found.matches):,}"]
        print(f"{f'{count:,} x {count:,}, {name}':<44}" + "".join(f"{cell:>10}" for cell in cells))
    print("Goal: 2,000 x 2,000 under 5 s.")
    print("loop: credits of each pair in plain Python, without freight, reasons or assignment.")
    print("whole LP: the transport programme with every pair at once, without scoring or reasons.")


if __name__ == "__main__":
    main()
