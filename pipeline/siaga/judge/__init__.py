"""From people and the parts found near them to a verdict on what each one wears."""

from siaga.judge.associate import associate
from siaga.judge.judge import Judge
from siaga.judge.looks import Gates
from siaga.judge.vote import VoteRules

__all__ = ["Gates", "Judge", "VoteRules", "associate"]
