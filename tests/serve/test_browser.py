"""A real browser at phone size: the list, the way to one violation, and a clip that really plays."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import ConsoleMessage, Page, sync_playwright

from siaga.core.clock import SystemClock
from tests.support.records import RecordMaker
from tests.support.sample_site import SampleSite, verdict
from tests.support.service import Running, plain_service, running_service
from tests.support.system import require_system

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_PHONE = {"width": 390, "height": 844}
_PLAYS = "video => video.currentTime > 0.2 && video.videoWidth > 0 && !video.error"

pytestmark = pytest.mark.system


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Running]:
    """A service on the machine's clock."""
    with running_service(tmp_path / "data") as service:
        yield service


@pytest.fixture
def site(live: Running) -> SampleSite:
    """A device of this service."""
    return SampleSite(live.device, RecordMaker(SystemClock()))


@pytest.fixture
def page(live: Running, browser_page: Page) -> Page:
    """A signed-in page."""
    browser_page.context.add_cookies([{"name": "siaga_session", "value": live.session, "url": live.url}])
    browser_page.goto(live.url)
    assert browser_page.url == f"{live.url}/"
    return browser_page


@pytest.fixture
def browser_page(tmp_path: Path) -> Iterator[Page]:
    """An empty page; anything that the browser complains about fails the test."""
    executable = require_system("chromium")
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    with sync_playwright() as driver:
        context = driver.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=executable,
            args=list(_FLAGS),
            viewport=_PHONE,
            has_touch=True,
            timezone_id="Asia/Singapore",
        )
        page = context.pages[0]
        page.on("console", complain)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        yield page
        context.close()
    assert complaints == []


def test_a_clip_plays_on_a_phone(page: Page, site: SampleSite) -> None:
    worker = {
        "track_id": 1,
        "xyxyn": [0, 0, 1, 1],
        "verdicts": [verdict("helmet", "missing", 0.9, (0, 9, 1))],
    }
    site.violation("gate", 10, ago_s=60, lasts_s=20, subjects=[worker])
    page.reload()
    assert (
        page.locator(".thumb img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1280
    )
    page.get_by_role("link", name="No helmet").tap()
    video = page.locator("video")
    video.evaluate("video => video.play()")
    page.wait_for_function(f"() => ({_PLAYS})(document.querySelector('video'))")
    page.get_by_role("button", name="Go to the moment").tap()
    assert video.evaluate("video => video.paused && video.currentTime") == 1.5
    assert page.evaluate("document.documentElement.scrollWidth") == _PHONE["width"]
    page.get_by_role("link", name="All violations").tap()
    page.wait_for_selector(".card")
    assert page.evaluate("document.documentElement.scrollWidth") == _PHONE["width"]


def test_times_are_told_in_the_readers_zone(page: Page, site: SampleSite) -> None:
    site.record(start_at="2026-01-01T16:30:00Z")
    page.reload()
    time = page.locator(".card time")
    assert "Jan" in time.inner_text()
    assert "12:30" in time.inner_text()
    assert time.get_attribute("title") == "01 Jan 2026, 16:30:00 UTC"


def test_what_is_new_arrives_without_moving_what_one_looks_at(page: Page, site: SampleSite) -> None:
    first = site.record(camera="first")
    page.wait_for_selector(f'[data-id="{first["id"]}"]')
    for number in range(12):
        site.record(camera=f"camera {number}")
    page.reload()
    page.evaluate("window.scrollTo(0, 600)")
    looked_at = page.locator(f'[data-id="{first["id"]}"]')
    before = looked_at.bounding_box()
    newest = site.record(camera="newest")
    button = page.get_by_role("button", name="1 new violation")
    button.wait_for()
    assert page.locator(f'[data-id="{newest["id"]}"]').count() == 0
    assert page.evaluate("window.scrollY") == 600
    assert before is not None
    assert looked_at.bounding_box() == before
    button.tap()
    page.wait_for_selector(f'[data-id="{newest["id"]}"]')
    assert page.evaluate("window.scrollY") == 0


def test_stored_attacks_do_nothing(page: Page, site: SampleSite, live: Running) -> None:
    attack = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>"
    record = site.record(camera=attack, zone=attack, rule="zone_intrusion", items=[], detail={attack: attack})
    site.record(camera=attack, rule="camera_unmonitored", items=[], detail={"condition": attack})
    for path in ("/", f"/violations/{record['id']}", f"/?camera={httpx.QueryParams({'c': attack})}"):
        page.goto(live.url + path)
        assert page.locator("img[src=x]").count() == 0
        assert page.locator("script").count() == 1
    page.goto(f"{live.url}/violations/{record['id']}")
    assert attack in page.locator("h1").inner_text()


def test_the_first_owner_sets_up_signs_out_and_in_again(tmp_path: Path, browser_page: Page) -> None:
    password = "gravel lantern orbit 41"
    with plain_service(tmp_path / "data") as ready:
        browser_page.goto(ready.open_url)
        browser_page.fill("[name=login]", "owner@site.example")
        browser_page.fill("[name=name]", "Site office")
        browser_page.fill("[name=password]", password)
        browser_page.click("form[action='/welcome'] button")
        browser_page.wait_for_url(f"{ready.url}/")
        browser_page.click("text=Sign out")
        browser_page.wait_for_url(f"{ready.url}/signin")
        browser_page.fill("[name=login]", "owner@site.example")
        browser_page.fill("[name=password]", password)
        browser_page.click("form[action='/session'] button")
        browser_page.wait_for_url(f"{ready.url}/")
        assert browser_page.is_visible("text=Sign out")
        assert not browser_page.is_visible("[name=password]")
