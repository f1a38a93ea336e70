"""What can go wrong with a camera, on demand."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Faults:
    """The faults of one camera; every method may be called from any thread and takes effect at once.

    Args:
        disconnect: Closes every connection to the camera.
    """

    disconnect: Callable[[], None]
    frozen: bool = False
    refusing: bool = False
    drop_after: float | None = None
    flip_rate: float = 0.0
    flip_seed: int = 0
    loss_rate: float = 0.0
    loss_seed: int = 0
    jump: float = 0.0

    def freeze(self) -> None:
        """Send no more pictures; connections stay open and requests are still answered."""
        self.frozen = True

    def thaw(self) -> None:
        """End `freeze`; the picture goes on where a camera that had kept running would be."""
        self.frozen = False

    def drop_all(self) -> None:
        """Close every connection now; new ones are welcome."""
        self.disconnect()

    def drop_every(self, seconds: float | None) -> None:
        """Close each connection ``seconds`` after it began to play; None ends it."""
        self.drop_after = seconds

    def refuse(self) -> None:
        """Close every connection, and each new one at its first request for this camera."""
        self.refusing = True
        self.disconnect()

    def accept(self) -> None:
        """End `refuse`."""
        self.refusing = False

    def bit_flips(self, rate: float, seed: int) -> None:
        """Flip each payload bit with probability ``rate``; the same bits for every client and every run."""
        self.flip_rate, self.flip_seed = _probability(rate), seed

    def packet_loss(self, rate: float, seed: int) -> None:
        """Leave out each RTP packet with probability ``rate``; the same ones for every client and run."""
        self.loss_rate, self.loss_seed = _probability(rate), seed

    def clock_jump(self, seconds: float) -> None:
        """Move the timestamps of all later pictures by ``seconds`` (back, if negative); jumps add up."""
        self.jump += seconds

    def clear(self) -> None:
        """End everything but a clock jump, which has happened."""
        self.frozen = self.refusing = False
        self.drop_after = None
        self.flip_rate = self.loss_rate = 0.0

    def damage(self, payloads: tuple[bytes, ...], position: int) -> list[bytes | None]:
        """The payloads of the unit at ``position`` as the network delivers them; None is a lost packet."""
        arrived: list[bytes | None] = list(payloads)
        if self.flip_rate > 0:
            dice = random.Random(f"flip {self.flip_seed} {position}")
            arrived = [_flip(payload, self.flip_rate, dice) for payload in payloads]
        if self.loss_rate > 0:
            dice = random.Random(f"loss {self.loss_seed} {position}")
            arrived = [None if dice.random() < self.loss_rate else payload for payload in arrived]
        return arrived


def _probability(rate: float) -> float:
    if not 0 <= rate < 1:
        raise ValueError(f"a rate is a probability in [0, 1), not {rate}")
    return rate


def _flip(payload: bytes, rate: float, dice: random.Random) -> bytes:
    damaged = bytearray(payload)
    # Distances between independent rare events are geometric: one draw per flipped bit, not per bit.
    bit = _distance(rate, dice)
    while bit < len(damaged) * 8:
        damaged[bit >> 3] ^= 0x80 >> (bit & 7)
        bit += 1 + _distance(rate, dice)
    return bytes(damaged)


def _distance(rate: float, dice: random.Random) -> int:
    return int(math.log(1.0 - dice.random()) / math.log1p(-rate))
