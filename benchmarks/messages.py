"""How many payments a second are read from pacs.008: parsed, validated against the full schema, extracted.

    python benchmarks/messages.py [--messages 20] [--runs 5] [--smoke]

Messages of 1,000 transactions with Cyrillic and Persian names. Peers, from the same run: the package `pacs008` (its
safe parser and its schema check with xmlschema; it extracts nothing), and the standard library's xml.etree with the
same fields extracted (it validates nothing, and is not safe on its own). Best of several runs; where other programs
load the machine, the processor's time says more than the clock. Ratios are of processor time.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import time
import uuid
import xml.etree.ElementTree as ET  # the peer's own work; only messages written above are parsed with it
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal

from tarazu.clearing.messages.build import Agent, Header, major
from tarazu.clearing.messages.fields import order_fields
from tarazu.clearing.messages.read import read_payments
from tarazu.clearing.messages.schemas import Schemas
from tarazu.clearing.messages.write import pacs008
from tarazu.clearing.order import PaymentOrder

PER_MESSAGE = 1_000
GOAL = 25_000.0  # payments a second, pacs.008 read
SEED = 20022
NS = {"n": "urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08"}


def orders(rng: random.Random, message: int) -> list[PaymentOrder]:
    """Synthetic payments, the same for every run."""
    found = []
    for n in range(PER_MESSAGE):
        uetr = str(uuid.UUID(int=rng.getrandbits(128), version=4))
        found.append(
            PaymentOrder(
                key=uetr,
                debtor=f"KZ-{rng.randrange(10_000)}",
                creditor=f"IR-{rng.randrange(10_000)}",
                amount=rng.randrange(1, 10**10),
                currency="KZT",
                settlement_date=date(2026, 1, 1) + timedelta(days=rng.randrange(365)),
                debtor_name=f"ТОО «Астық {rng.randrange(10_000)}»",
                creditor_name=f"شرکت بازرگانی نمونه {rng.randrange(10_000)}",
                hs=rng.choice(["100300", "100199", "120190", "080251"]),
                quantity_kg=Decimal(rng.randrange(1, 10**6)),
                invoice=f"INV-{message}-{n}",
                instruction_id=f"I-{message}-{n}",
                end_to_end_id=f"E-{message}-{n}",
                transaction_id=f"T-{message}-{n}",
                uetr=uetr,
            )
        )
    return found


def as_csv(batch: list[PaymentOrder]) -> bytes:
    rows = [",".join(order_fields())]
    for each in batch:
        values = {"amount": major(each.amount, each.currency)}
        rows.append(",".join(str(values.get(c, getattr(each, c))) for c in order_fields()))
    return "\n".join(rows).encode()


def rate(job: Callable[[bytes], object], messages: list[bytes], runs: int) -> tuple[float, float]:
    """Payments a second over all messages, by the clock and by the processor's time, best of `runs`."""
    clock = processor = float("inf")
    for _ in range(runs):
        start, busy = time.perf_counter(), time.process_time()
        for message in messages:
            job(message)
        clock = min(clock, time.perf_counter() - start)
        processor = min(processor, time.process_time() - busy)
    return len(messages) * PER_MESSAGE / clock, len(messages) * PER_MESSAGE / processor


def etree_fields(message: bytes) -> list[tuple[str | None, ...]]:
    """What a program with the standard library alone would do."""
    paths = [
        each.element.split(" else ")[0].replace("/@Ccy", "")
        for each in order_fields().values()
        if each.element and "[" not in each.element
    ]
    inside = ["/".join(step if step == "*" else f"n:{step}" for step in path.split("/")) for path in paths]
    transactions = ET.fromstring(message).findall("n:FIToFICstmrCdtTrf/n:CdtTrfTxInf", NS)
    return [tuple(each.findtext(path, None, NS) for path in inside) for each in transactions]


def package(schema: str) -> Callable[[bytes], object] | None:
    """The package's own way, None if it cannot be imported."""
    try:
        from pacs008.xml.parser import parse
        from pacs008.xml.validate_via_xsd import validate_xml_string_via_xsd
    except ImportError:
        return None

    def job(message: bytes) -> None:
        parse(message)
        assert validate_xml_string_via_xsd(message.decode(), schema)

    return job


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=20)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="two messages, one run")
    arguments = parser.parse_args()
    count, runs = (2, 1) if arguments.smoke else (arguments.messages, arguments.runs)
    rng = random.Random(SEED)
    batches = [orders(rng, message) for message in range(count)]
    header = Header("MSG", datetime(2026, 1, 1), Agent(bic="AAAAKZ2X"), Agent(bic="BBBBIRTH"))
    messages = [pacs008(header, batch) for batch in batches]
    first = read_payments(messages[0])
    assert len(first.orders) == PER_MESSAGE
    print(
        f"{count} messages of {PER_MESSAGE:,} payments, {len(messages[0]) / PER_MESSAGE:.0f} bytes a payment;"
    )
    print(f"{first.checked_against}; best of {runs}")
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    ours = rate(read_payments, messages, runs)
    rows = [
        (
            "tarazu: pacs.008 read",
            ours,
            f"goal {GOAL:,.0f}: {'met' if ours[0] >= GOAL else 'missed by the clock'}",
        ),
        ("tarazu: pacs.008 written", rate(lambda _: pacs008(header, batches[0]), messages, runs), ""),
        ("tarazu: CSV read", rate(read_payments, [as_csv(each) for each in batches], runs), ""),
    ]
    plain = rate(etree_fields, messages, runs)
    rows.append(("xml.etree, not validated", plain, f"ours {ours[1] / plain[1]:.1f} times as fast"))
    schema = Schemas().find("pacs.008.001.08")
    job = package(str(schema.path)) if schema else None
    if job:
        theirs = rate(job, messages[:1], 1)
        rows.append(
            ("package pacs008, not extracted", theirs, f"ours {ours[1] / theirs[1]:.1f} times as fast")
        )
    print(f"{'payments a second':32s} {'by clock':>10s} {'by processor':>13s}")
    for name, (clock, processor), note in rows:
        print(f"{name:32s} {clock:>10,.0f} {processor:>13,.0f}  {note}")


if __name__ == "__main__":
    main()
