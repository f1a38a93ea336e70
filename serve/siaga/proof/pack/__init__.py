"""Inspector packs: what leaves the house, with what proves it."""

from siaga.proof.pack.documents import Documents, FolderDocuments
from siaga.proof.pack.make import Packer
from siaga.proof.pack.selection import Purpose, Selection

__all__ = ["Documents", "FolderDocuments", "Packer", "Purpose", "Selection"]
