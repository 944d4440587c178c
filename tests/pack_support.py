"""A small register for the commission pack, and the pack of the bundled one, made once a run."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import tarazu
from tarazu.planning.pack import pack
from tarazu.planning.pack_values import Pack
from tarazu.planning.plan import Plan
from tarazu.register.register import Register

TODAY = date(2026, 1, 15)
PROOF = "https://example.org/19,Gazette,2023-12-05,A"
TABLES = {
    "bodies": """id,name,form,parties
jc,Joint commission,commission,KAZ;IRN
wg,Working group,working_group,KAZ;IRN""",
    "instruments": """id,title,form,parties,body,session,date
pr19,Protocol nineteen,protocol,KAZ;IRN,jc,19,2023-12-04
me19,Memo without points,memorandum,KAZ;IRN,jc,19,2023-12-04
wg40,Minutes of the group,minutes,KAZ;IRN,wg,40,2024-05-01
ag,Later agreement,agreement,KAZ;IRN,,,2025-12-11""",
    "commitments": """id,title,form,parties,instrument,point,body,due
c1,Open the terminal,obligation,KAZ;IRN,pr19,2,wg,2025-12-31
c2,Agree on permits,obligation,KAZ;IRN,pr19,10,jc,
c3,Hold a fair,obligation,KAZ;IRN,pr19,1,,2024
c4,Extend the line,obligation,KAZ;IRN,,,wg,2026-06-30
c5,Study a zone,study,KAZ;IRN,,,,""",
    "milestones": """id,title,commitment,due
m1,Choose a site,c1,2025-06""",
    "visits": """id,who,level,guest,host,body,session,date
v20,Ministers,minister,IRN,KAZ,jc,20,2025-06
v1,The president,head_of_state,IRN,KAZ,,,2025-12-11
v0,An envoy,other,KAZ,IRN,,,2024-03-01""",
    "events": """item,event,value,date
c3,evidenced,complete,2024-10-01
c3,official,done,2024-10-01
c1,evidenced,limited,2025-01-01
c2,official,done,2025-02-01""",
}


def small(folder: Path, **changes: str) -> Register:
    """A register of a few rows, each with the same source."""
    for name, rows in (TABLES | changes).items():
        head, *others = rows.split("\n")
        lined = [f"{head},source_url,publisher,published,status", *(f"{row},{PROOF}" for row in others)]
        (folder / f"{name}.csv").write_text("\n".join(lined) + "\n", encoding="utf-8")
    found = Register.read(folder)
    assert found.findings == ()
    return found


@cache
def bundled_plan() -> Plan:
    """The bundled plan with few draws, made once."""
    return tarazu.plan("kaz-irn", draws=200)


@cache
def full_pack() -> Pack:
    """The papers of a session of the bundled register."""
    return pack(Register.read("kaz-irn"), bundled_plan(), 21, date(2026, 11, 23))
