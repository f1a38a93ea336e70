"""Where records, evidence and the ledger are kept: the contract, and its form for one machine."""

from siaga.archive.contract import Accepted, Archive, Blob, Named, Slice, Span, ViolationFilter
from siaga.archive.evidence import EvidenceFolder
from siaga.archive.uploads import Uploads

__all__ = [
    "Accepted",
    "Archive",
    "Blob",
    "EvidenceFolder",
    "Named",
    "Slice",
    "Span",
    "Uploads",
    "ViolationFilter",
]
