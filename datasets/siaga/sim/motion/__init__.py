"""How people of the simulated site move: poses, foot-locked gait, and scripts played out in time."""

from .performance import Performance, perform
from .state import State

__all__ = ["Performance", "State", "perform"]
