"""What was seen, judged and missed, per camera, zone and UTC hour."""

from siaga.ledger.ledger import Ledger
from siaga.ledger.merge import add_rows
from siaga.ledger.store import LedgerStore

__all__ = ["Ledger", "LedgerStore", "add_rows"]
