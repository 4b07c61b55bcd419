"""The page of an analysed video as a reader has it: headless Chromium clicks the timeline."""

import re
import shutil
from base64 import b64decode

import cv2
import numpy as np
import pandas as pd
import pytest

from skmer.face import MEAN_SHAPE
from skmer.inspection import write_analysis
from skmer.landmarks import FaceTrack

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync")
FLAGS += ("--disable-background-networking", "--disable-component-update", "--window-size=1000,800")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    track = FaceTrack(np.tile(120 + 80 * MEAN_SHAPE, (300, 1, 1)), 30.0, name="film")
    rows = []
    for k in range(3):
        row = {
            "onset": 60 * k + 10,
            "apex": 60 * k + 15,
            "offset": 60 * k + 30,
            "type": ("micro", "macro")[k % 2],
        }
        row |= {f"{name}_s": row[name] / 30 for name in ("onset", "apex", "offset")}
        row |= {"regions": f"region {k}", "peak_px": 1.0, "resembles": "AU12 both 0.90"}
        rows.append(row | {"displacement": np.full((68, 2), 1.5), "emotion": "", "probability": np.nan})
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (3, 160, 150, 3), dtype=np.uint8)
    points = 75 + 40 * MEAN_SHAPE
    names = ("onset", "apex", "offset")
    frames = [{name: (image, points, 0.5) for name, image in zip(names, images, strict=True)}]
    curve = np.abs(np.sin(np.arange(300) / 20))
    path = tmp_path_factory.mktemp("page") / "index.html"
    return write_analysis(path, track, pd.DataFrame(rows), [*frames * 2, {}], curve, notes=["a note"])


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    programs = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    lacking = [name for name, path in programs.items() if path is None]
    if lacking:
        pytest.skip(f"{lacking[0]} is not installed")
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    from selenium.common.exceptions import WebDriverException

    options = webdriver.ChromeOptions()
    options.binary_location = programs["chromium"]
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    try:
        driver = webdriver.Chrome(options, webdriver.ChromeService(programs["chromedriver"]))
    except WebDriverException as error:
        pytest.skip(f"Chromium does not start here: {error.msg}")
    yield driver
    driver.quit()


def shown(browser):
    cards = browser.find_elements("css selector", ".card")
    return [card.get_attribute("id") for card in cards if card.is_displayed()]


def test_a_click_on_the_timeline_shows_the_movement(browser, page):
    browser.get(page.as_uri())
    assert shown(browser) == ["movement-0"]
    marks = browser.find_elements("css selector", ".mark")
    assert len(marks) == 3
    marks[2].click()
    assert shown(browser) == ["movement-2"]
    assert marks[2].get_attribute("aria-current") == "true"
    assert "could not be read" in browser.find_element("id", "movement-2").text
    browser.find_element("css selector", "[data-step='1']").click()
    assert shown(browser) == ["movement-0"]
    assert browser.find_element("id", "place").text == "movement 1 of 3"


def test_of_marks_on_each_other_a_finger_means_the_nearest(browser, tmp_path):
    """Sixty movements in five minutes, on a phone's width: centres are 6 px apart."""
    track = FaceTrack(np.zeros((9000, 68, 2)), 30.0, name="film")
    onsets = np.arange(60) * 150 + 20
    table = pd.DataFrame({"onset": onsets, "apex": onsets + 5, "offset": onsets + 14, "type": "micro"})
    table = table.assign(**{f"{name}_s": table[name] / 30 for name in ("onset", "apex", "offset")})
    table = table.assign(regions="", peak_px=1.0, resembles="", displacement=None)
    path = write_analysis(tmp_path / "a.html", track, table, [{}] * 60, np.ones(9000))
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        browser.get(path.as_uri())
        area = browser.find_element("css selector", ".timeline").rect
        for k in (0, 7, 30, 59):
            place = {"x": area["x"] + area["width"] * (onsets[k] + 7) / 8999, "y": area["y"] + 30}
            for kind in ("mousePressed", "mouseReleased"):
                click = {"type": kind, "button": "left", "clickCount": 1, **place}
                browser.execute_cdp_cmd("Input.dispatchMouseEvent", click)
            assert shown(browser) == [f"movement-{k}"]
        browser.find_elements("css selector", ".mark")[5].send_keys("\n")
        assert shown(browser) == ["movement-5"]
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_marks_lie_where_the_movements_are(browser, page):
    browser.get(page.as_uri())
    width = browser.find_element("css selector", ".marks").rect["width"]
    marks = browser.find_elements("css selector", ".mark")
    places = [(mark.rect["x"] - marks[0].rect["x"]) / width for mark in marks]
    np.testing.assert_allclose(places, np.array([0, 60, 120]) / 299, atol=0.01)


def test_the_movement_is_enlarged_at_a_click(browser, page):
    browser.get(page.as_uri())
    image = browser.find_element("css selector", "#movement-0 .magnified img")
    before = image.get_attribute("src")
    button = browser.find_element("css selector", "#movement-0 [data-flip]")
    button.click()
    assert image.get_attribute("src") != before
    assert image.get_attribute("alt") == "enlarged"
    assert "6 times enlarged" in browser.find_element("css selector", "#movement-0 .magnified").text
    button.click()
    assert image.get_attribute("src") == before


def test_arrows_lie_along_the_movement(page):
    """Each starts at its landmark and is drawn as long as can be seen, whatever the movement's size."""
    text = page.read_text(encoding="utf-8")
    (apex, *_) = re.findall(r'<img src="data:image/jpeg;base64,([^"]+)" alt="apex">', text)
    drawn = cv2.imdecode(np.frombuffer(b64decode(apex), np.uint8), cv2.IMREAD_COLOR).astype(int)
    points = 75 + 40 * MEAN_SHAPE
    width = np.linalg.norm(points[45] - points[36])
    middle = np.rint(points + 0.22 * width / 2 * np.array([1, 1]) / np.sqrt(2)).astype(int)
    blue, green, red = drawn[middle[:, 1], middle[:, 0]].T  # the arrows are yellow on noise
    assert np.median(red - blue) > 60
    assert np.median(green - blue) > 30
    assert f"arrows {0.22 * width / (0.5 * 1.5 * np.sqrt(2)):.0f} times as long" in text


@pytest.mark.parametrize("width", [360, 1000])
def test_the_page_fits_phones_and_nothing_fails(browser, page, width):
    metrics = {"width": width, "height": 740, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        browser.get(page.as_uri())
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        assert browser.execute_script("return [...document.images].every(i => i.naturalWidth)")
        browser.find_elements("css selector", ".mark")[1].click()
        assert shown(browser) == ["movement-1"]
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    assert "no lie detector" in browser.find_element("tag name", "body").text


@pytest.mark.parametrize("most, is_over", [(0.7, False), (1.0, False), (1.2, True), (30.0, True)])
def test_the_curve_is_over_the_line_where_it_is_over_one(most, is_over, tmp_path):
    track = FaceTrack(np.tile(120 + 80 * MEAN_SHAPE, (300, 1, 1)), 30.0, name="film")
    curve = most * np.abs(np.sin(np.arange(300) / 20))
    text = write_analysis(tmp_path / "a.html", track, pd.DataFrame(), [], curve).read_text(encoding="utf-8")
    line = float(re.search(r'<line [^>]*y1="([\d.]+)"', text)[1])
    points = re.search(r'<polyline points="([^"]+)"', text)[1].split()
    assert (min(float(point.split(",")[1]) for point in points) < line - 0.5) == is_over
    assert 4 <= line <= 96
