"""Whether the clips at the service play in a real browser engine and contain the moment they are about."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.rig import Service

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
)
_PLAY = """
async (url) => {
  const video = document.createElement('video');
  video.muted = true;
  video.src = url;
  document.body.append(video);
  try {
    await video.play();
    const began = Date.now();
    while (Date.now() - began < 30000 && !video.error && !(video.currentTime > 0.3 || video.ended))
      await new Promise(done => setTimeout(done, 50));
    return {at: video.currentTime, width: video.videoWidth, seconds: video.duration,
            error: video.error ? video.error.message : null};
  } catch (error) {
    return {at: 0, width: 0, seconds: 0, error: String(error)};
  } finally {
    video.removeAttribute('src');
    video.load();
    video.remove();
  }
}
"""


@dataclass(frozen=True)
class Played:
    """What became of one clip: whether it played, and whether its trigger lies within it."""

    clip: str
    plays: bool
    has_trigger: bool
    seconds: float
    error: str | None


def clips(violations: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The evidence entries of all clips that are available."""
    views = [view for violation in violations for view in violation["evidence"]]
    return [
        v["evidence"] | {"url": v["url"]} for v in views if v["available"] and v["evidence"]["kind"] == "clip"
    ]


def browser() -> str | None:
    """A browser on this machine, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


def play(service: Service, wanted: Sequence[dict[str, Any]]) -> list[Played]:
    """Play each clip in a headless browser, signed in at ``service``.

    Raises:
        RuntimeError: There is no browser.
    """
    from playwright.sync_api import sync_playwright

    executable = browser()
    if executable is None:
        raise RuntimeError("no chromium on this machine: sudo apt-get install chromium")
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            profile, executable_path=executable, args=list(_FLAGS), timeout=180_000
        )
        page = context.pages[0]
        page.set_default_timeout(180_000)
        page.set_extra_http_headers({"Authorization": f"Bearer {service.key()}"})
        page.goto(service.url)
        played = [_played(entry, page.evaluate(_PLAY, entry["url"])) for entry in wanted]
        context.close()
    return played


def _played(entry: dict[str, Any], seen: dict[str, Any]) -> Played:
    trigger, seconds = entry["trigger_s"], seen["seconds"] or 0.0
    return Played(
        clip=entry["sha256"][:12],
        plays=seen["width"] > 0 and seen["at"] > 0 and seen["error"] is None,
        has_trigger=trigger is not None and 0 <= trigger <= seconds,
        seconds=round(seconds, 2),
        error=seen["error"],
    )
