"""Finds lost pictures in H.264, which its decoder paints over without a word.

Every reference picture of H.264 carries a number one higher than the one before it (``frame_num``, ITU-T
H.264 §7.4.3); a jump means that pictures are missing which later ones are built on. H.265 needs no such help:
there the decoder reports a missing reference itself.
"""

from siaga.frames.source import SourcePacket

_SLICE, _IDR, _SPS = 1, 5, 7
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


class GapFinder:
    """Watches the packets of one connection.

    Args:
        codec: FFmpeg's decoder name; anything but ``h264`` is let through.
        extradata: Parameter sets, as Annex B or as an MP4 ``avcC`` record.
    """

    def __init__(self, codec: str, extradata: bytes) -> None:
        self._on = codec == "h264"
        self._length_size = (extradata[4] & 3) + 1 if extradata[:1] == b"\x01" and len(extradata) > 6 else 0
        self._rules: SequenceRules | None = None
        self._last: int | None = None
        if self._on:
            self._note_parameters(_split_avcc(extradata) if self._length_size else _split_annex_b(extradata))

    def lost_before(self, packet: SourcePacket) -> bool:
        """Whether reference pictures are missing between the packet before and this one."""
        if not self._on:
            return False
        data = bytes(packet.packet)
        units = _split_sized(data, self._length_size) if self._length_size else _split_annex_b(data)
        self._note_parameters(units)
        for unit in units:
            kind = unit[0] & 31
            if kind in (_SLICE, _IDR) and self._rules is not None:
                return self._check(unit, kind, self._rules)
        return False

    def _note_parameters(self, units: list[bytes]) -> None:
        for unit in units:
            if unit[0] & 31 == _SPS:
                self._rules = read_sequence_rules(unit)

    def _check(self, unit: bytes, kind: int, rules: "SequenceRules") -> bool:
        number_bits, gaps_allowed, separate_planes = rules
        bits = _Bits(unit[1:40])
        try:
            for _ in range(3):
                bits.golomb()
            if separate_planes:
                bits.read(2)
            number = bits.read(number_bits)
        except IndexError:
            return False
        last, self._last = self._last, number
        if kind == _IDR or last is None or gaps_allowed:
            return False
        return number not in (last, (last + 1) % (1 << number_bits))


SequenceRules = tuple[int, bool, bool]
"""Bits of ``frame_num``; whether gaps in it are allowed; whether colour planes are coded apart."""


def read_sequence_rules(sps: bytes) -> SequenceRules | None:
    """What a sequence parameter set (ITU-T H.264 §7.3.2.1) says about picture numbers; None: unreadable."""
    bits = _Bits(sps[1:])
    try:
        profile = bits.read(8)
        bits.read(16)
        bits.golomb()
        separate_planes = profile in _HIGH_PROFILES and _skip_high_profile(bits)
        number_bits = bits.golomb() + 4
        _skip_picture_order(bits)
        bits.golomb()
        return number_bits, bool(bits.read(1)), separate_planes
    except IndexError:
        return None


def _skip_high_profile(bits: "_Bits") -> bool:
    chroma = bits.golomb()
    separate_planes = chroma == 3 and bool(bits.read(1))
    bits.golomb()
    bits.golomb()
    bits.read(1)
    if bits.read(1):
        for index in range(8 if chroma != 3 else 12):
            if bits.read(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return separate_planes


def _skip_scaling_list(bits: "_Bits", count: int) -> None:
    last = following = 8
    for _ in range(count):
        if following:
            following = (last + bits.signed_golomb()) % 256
        last = following or last


def _skip_picture_order(bits: "_Bits") -> None:
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.read(1)
        bits.signed_golomb()
        bits.signed_golomb()
        for _ in range(min(bits.golomb(), 255)):
            bits.signed_golomb()


class _Bits:
    """Reads bits, high first; raises IndexError past the end."""

    def __init__(self, payload: bytes) -> None:
        # 00 00 03 is how 00 00 is written inside a unit (emulation prevention, §7.4.1).
        raw = payload.replace(b"\x00\x00\x03", b"\x00\x00")
        self._text = "".join(f"{byte:08b}" for byte in raw)
        self._at = 0

    def read(self, count: int) -> int:
        if self._at + count > len(self._text):
            raise IndexError("past the end")
        self._at += count
        return int(self._text[self._at - count : self._at] or "0", 2)

    def golomb(self) -> int:
        zeros = 0
        while not self.read(1):
            zeros += 1
        return (1 << zeros) - 1 + (self.read(zeros) if zeros else 0)

    def signed_golomb(self) -> int:
        code = self.golomb()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def _split_annex_b(data: bytes) -> list[bytes]:
    # Slices come last and are all that is long: only the start of each unit is ever read.
    return [part for part in data.split(b"\x00\x00\x01") if part.rstrip(b"\x00")][:16]


def _split_sized(data: bytes, length_size: int) -> list[bytes]:
    units, at = [], 0
    while at + length_size < len(data):
        length = int.from_bytes(data[at : at + length_size])
        units.append(data[at + length_size : at + length_size + length])
        at += length_size + max(length, 1)
    return [unit for unit in units if unit]


def _split_avcc(record: bytes) -> list[bytes]:
    size = int.from_bytes(record[6:8])
    return [record[8 : 8 + size]] if size else []
