"""The contracts that every part of Siaga shares: plain types, no behaviour that belongs to a stage."""
