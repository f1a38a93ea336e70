"""What the archive can prove: a chain of hashes per site, signed checkpoints, packs to hand over."""

from siaga.proof.chain import ProofChain
from siaga.proof.entry import Checkpoint, Entry, Kind
from siaga.proof.key import KEY_FILE, ServiceKey, load_or_make_key

__all__ = ["KEY_FILE", "Checkpoint", "Entry", "Kind", "ProofChain", "ServiceKey", "load_or_make_key"]
