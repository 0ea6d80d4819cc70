"""The manual's pictures from the screenshots of the browser tests: the named ones, cut to one screen, in few colours.

UNWOUND_SCREENSHOTS=shots .venv/bin/python -m pytest tests/browser
.venv/bin/python docs/pictures.py shots
"""

from __future__ import annotations

import struct
import sys
import zlib
from pathlib import Path

import numpy as np

PICTURES = {
    "first-form": ("intake-06", 844),
    "help-at-once": ("intake-help-at-once", 844),
    "today": ("home-alarm", 600),
    "consultation": ("consultation", 900),
    "ledger": ("ledger", 900),
    "assessment": ("assessment", 1000),
    "decision-signed": ("decision-signed", 700),
    "consent": ("consent-sign-phone", 844),
    "plan": ("plan-look", 1000),
    "second-check": ("plan-check-differs", 800),
    "session-start": ("session-start", 1000),
    "session-room": ("session-room", 1000),
    "session-board": ("board-many", 900),
    "session-leave": ("session-leave", 900),
    "session-record": ("session-record-desktop", 900),
}
"""Picture in docs/pictures -> the screenshot it is made from, and how many lines of it are kept at the most."""
COLOURS, PHONE = 128, 780
FOLDER = Path(__file__).parent / "pictures"
Pixels = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def read(data: bytes) -> Pixels:
    """The pixels of a PNG as browsers write them: eight bits, RGB or RGBA, not interlaced."""
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", data[16:29])
    if (depth, interlaced) != (8, 0) or kind not in (2, 6):
        raise ValueError("only PNG of eight bits in RGB or RGBA, not interlaced")
    bands = 3 if kind == 2 else 4
    plain, above, wide = zlib.decompress(_packed(data)), bytes(width * bands), 1 + width * bands
    lines = []
    for at in range(0, height * wide, wide):
        above = _unfiltered(plain[at], plain[at + 1 : at + wide], above, bands)
        lines.append(above)
    return np.frombuffer(b"".join(lines), np.uint8).reshape(height, width, bands)[..., :3]


def _packed(data: bytes) -> bytes:
    at, found = 8, b""
    while at < len(data):
        length, name = struct.unpack(">I4s", data[at : at + 8])
        if name == b"IDAT":
            found += data[at + 8 : at + 8 + length]
        at += length + 12
    return found


def _unfiltered(filter: int, line: bytes, above: bytes, bands: int) -> bytes:
    """A line as it was before the encoder told it by its neighbours."""
    made = bytearray(line)
    for at in range(len(made) if filter else 0):
        left, up, corner = (made[at - bands], above[at], above[at - bands]) if at >= bands else (0, above[at], 0)
        told = (left, up, (left + up) // 2, _paeth(left, up, corner))[filter - 1]
        made[at] = (made[at] + told) & 255
    return bytes(made)


def _paeth(left: int, up: int, corner: int) -> int:
    a, b, c = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    return left if a <= b and a <= c else up if b <= c else corner


def halved(pixels: Pixels) -> Pixels:
    """A phone's picture, taken twice as fine, at the size the phone counts in."""
    height, width = pixels.shape[0] // 2, pixels.shape[1] // 2
    four = pixels[: 2 * height, : 2 * width].reshape(height, 2, width, 2, 3)
    return four.mean(axis=(1, 3)).round().astype(np.uint8)


def written(pixels: Pixels) -> bytes:
    """The same picture in the colours it has most of, as a PNG with a palette."""
    wide = pixels.astype(np.uint32)
    packed = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    seen, where, counts = np.unique(packed, return_inverse=True, return_counts=True)
    kept = seen[np.argsort(-counts, kind="stable")[:COLOURS]]
    nearest = np.argmin(((_bands(seen)[:, None] - _bands(kept)[None]) ** 2).sum(axis=2), axis=1).astype(np.uint8)
    lines = np.insert(nearest[where.reshape(packed.shape)], 0, 0, axis=1)
    head = struct.pack(">IIBBBBB", packed.shape[1], packed.shape[0], 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"PLTE", _bands(kept).astype(np.uint8).tobytes()),
              (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _bands(colours: Pixels) -> Pixels:
    return np.stack([colours >> 16 & 255, colours >> 8 & 255, colours & 255], axis=1).astype(np.int32)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def main(shots: Path) -> None:
    """Makes every picture again."""
    FOLDER.mkdir(exist_ok=True)
    for name, (shot, most) in PICTURES.items():
        place = FOLDER / f"{name}.png"
        pixels = read((shots / f"{shot}.png").read_bytes())
        place.write_bytes(written((halved(pixels) if pixels.shape[1] == PHONE else pixels)[:most]))
        print(f"{place.name}: {place.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
