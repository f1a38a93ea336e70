"""What the archive can prove: a chain of hashes per site, signed checkpoints, packs to hand over."""

from siaga.proof.chain import ProofChain
from siaga.proof.entry import Checkpoint, Entry, Kind
from siaga.proof.key import KEY_FILE, ServiceKey, load_or_make_key
from siaga.proof.witness import Witness

__all__ = [
    "KEY_FILE",
    "Checkpoint",
    "Entry",
    "Kind",
    "ProofChain",
    "ServiceKey",
    "Witness",
    "load_or_make_key",
]
