"""Put the stand-in for torchvision into this environment, only where no working torchvision is found.

Run with the environment's own Python: ``.venv/bin/python tests/setup/torchvision_stand_in/install.py``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_PROBE = """
import torch, torchvision
torchvision.ops.nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([1.0]), 0.5)
"""


def works() -> bool:
    """Whether torchvision imports here and its NMS runs (a build for another torch imports badly)."""
    return subprocess.run([sys.executable, "-c", _PROBE], capture_output=True).returncode == 0


def main() -> int:
    if works():
        sys.stdout.write("torchvision works; nothing to do\n")
        return 0
    here = Path(__file__).resolve().parent
    with tempfile.TemporaryDirectory() as scratch:
        # pip builds inside the folder that it is given.
        folder = shutil.copytree(here, Path(scratch) / here.name)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", str(folder)]
        done = subprocess.run(command).returncode
    sys.stdout.write("stand-in for torchvision installed\n" if done == 0 else "stand-in: pip failed\n")
    return done


if __name__ == "__main__":
    sys.exit(main())
