"""Persons who just joined the health insurance: their records are open, their letters wait to be printed."""

from __future__ import annotations

from ardenne.apps.affiliation_loading import open_records
from ardenne.kernel.settings import Settings
from ardenne.services.affiliation import feed

_LIST = f"""{",".join(feed.COLUMNS)}
1987041220786,Thines,Carole,1987-04-12,f,"4, rue des Prés",L-9090,Warken,LU,lb
1999093011865,Marques,Rui André,1999-09-30,m,"17, rue de l'Église",L-4202,Esch-sur-Alzette,LU,pt
2015060231125,Thines,Léo,2015-06-02,m,"4, rue des Prés",L-9090,Warken,LU,lb
"""


async def load(dsn: str, settings: Settings) -> int:
    """Open the records that are not open yet; return how many persons the list holds."""
    found = feed.read(_LIST)
    assert not found.faults, found.faults
    await open_records(dsn, settings, found.affiliates)
    return len(found.affiliates)
