"""From judged people to the beginning, change and end of violations."""

from siaga.rules.book import RuleBook
from siaga.rules.lifecycle import Timing

__all__ = ["RuleBook", "Timing"]
