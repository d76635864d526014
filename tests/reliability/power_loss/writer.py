"""The process whose power fails: takes leads in and moves them on, and notes each one that was acknowledged."""

import os
import random
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event

from crmcore import Crm
from crmcore.adapters.sql.engines import Durability, make_engine
from crmcore.adapters.sql.store import SqlStore
from crmcore.domain.kernel.ids import DealId

CHECKPOINT_PAGES = 40
"""After how many pages the log is folded into the file: early, so that the power fails in the middle of that too."""


def write(path: Path, funnel: Any, *, durability: Durability, rounds: int, seed: int) -> None:
    """Take leads in and move them; after each command its deal and version are appended to ``<path>.acks``."""
    rng = random.Random(seed)
    engine = make_engine(f"sqlite:///{path}", durability=durability)

    @event.listens_for(engine, "connect")
    def _fold_often(connection: Any, _: Any) -> None:
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}").close()

    crm = Crm(SqlStore(engine, durability=durability))
    acks = os.open(f"{path}.acks", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    deals: list[DealId] = []
    for number in range(rounds):
        if deals and rng.random() < 0.4:
            deal = crm.deals.move(rng.choice(deals), stage_key=rng.choice(["Payment", "First call", "Approval"])).deal
        else:
            deal = crm.leads.capture(f"Customer {number}", phone=f"+3712{number:07}", funnel_id=funnel).deal
            deals.append(deal.id)
        os.write(acks, f"{deal.id} {deal.version}\n".encode())
    os._exit(0)  # the power is gone: nothing is closed


if __name__ == "__main__":
    path, funnel, durability, rounds, seed = sys.argv[1:]
    write(Path(path), funnel, durability=durability, rounds=int(rounds), seed=int(seed))  # type: ignore[arg-type]
