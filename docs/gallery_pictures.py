"""Draw the pictures of the gallery by running its page: docs/pictures/gallery-*.svg.

.venv/bin/python docs/gallery_pictures.py

Look at them before you commit them.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from pathlib import Path

PAGE = Path(__file__).parent / "gallery.md"
PICTURES = Path(__file__).parent / "pictures"
CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main() -> None:
    """Run the page in an empty folder and keep what it saved."""
    world: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as desk, contextlib.chdir(desk):
        for code in CODE.findall(PAGE.read_text(encoding="utf-8")):
            exec(compile(code, PAGE.name, "exec"), world)
        for drawn in sorted(Path(desk).glob("gallery-*.svg")):
            shutil.copyfile(drawn, PICTURES / drawn.name)
            print(f"{drawn.name}: {drawn.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
