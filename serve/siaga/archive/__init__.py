"""Where records, evidence and the ledger are kept: the contract, and its form in a database."""

from siaga.archive.contract import Accepted, Archive, Blob, Named, Slice, Span, ViolationFilter
from siaga.archive.evidence import EvidenceFolder, EvidenceStore
from siaga.archive.objects import EvidenceObjects
from siaga.archive.staging import Staging
from siaga.archive.store import StoredArchive
from siaga.archive.uploads import Uploads

__all__ = [
    "Accepted",
    "Archive",
    "Blob",
    "EvidenceFolder",
    "EvidenceObjects",
    "EvidenceStore",
    "Named",
    "Slice",
    "Span",
    "Staging",
    "StoredArchive",
    "Uploads",
    "ViolationFilter",
]
