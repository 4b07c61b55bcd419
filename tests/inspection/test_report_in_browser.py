"""The page as a reader has it: headless Chromium clicks, and reads what is shown."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from skmer.datasets import MicroExpressionClips

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync")
FLAGS += ("--disable-background-networking", "--disable-component-update", "--disable-quic")
FLAGS += ("--window-size=1200,900",)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    programs = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    lacking = [name for name, path in programs.items() if path is None]
    if lacking:
        pytest.skip(f"{lacking[0]} is not installed; `make browser` installs it, as root, where apt-get is")
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    from selenium.common.exceptions import WebDriverException

    options = webdriver.ChromeOptions()
    options.binary_location = programs["chromium"]
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    try:
        driver = webdriver.Chrome(options, webdriver.ChromeService(programs["chromedriver"]))
    except WebDriverException as error:
        pytest.skip(f"Chromium does not start here: {error.msg}")
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def result(make_result):
    return make_result(n_clips=40, n_subjects=5, seeds=(0, 1))


@pytest.fixture(scope="module")
def page(result, tmp_path_factory):
    frames = np.empty((40, 3), object)
    for clip, frame in np.ndindex(frames.shape):
        frames[clip, frame] = np.full((30, 40, 3), 60 + 40 * frame + clip, np.uint8)
    table = pd.DataFrame({"clip": result.clips["clip"].astype(str)})
    clips = MicroExpressionClips(frames, result.truth, result.groups, table=table)
    return result.to_html(tmp_path_factory.mktemp("report") / "report.html", clips)


@pytest.fixture
def opened(browser, page):
    browser.get(page.as_uri())
    return browser


def shown(browser):
    """Subject and clip of the cards that a reader sees."""
    return [card.text for card in find(browser, ".clip .who") if card.is_displayed()]


def expected(result, keep):
    clips = result.clips.assign(keep=keep)
    return [f"{clip.subject}, {clip.clip}" for clip in clips[clips["keep"]].itertuples()]


def find(browser, selector):
    return browser.find_elements("css selector", selector)


def wait(browser, condition):
    """Wait until it holds; a TimeoutException where it never does."""
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 20).until(condition)


def choose(browser, name, text):
    from selenium.webdriver.support.ui import Select

    Select(browser.find_element("name", name)).select_by_visible_text(text)


def test_all_clips_are_shown_first(opened, result):
    assert shown(opened) == expected(result, True)
    assert opened.find_element("id", "shown").text == "40 of 40 clips"


def test_filters_leave_the_clips_that_match(opened, result):
    choose(opened, "outcome", "wrong")
    wrong = (result.runs != result.truth).all(axis=0)
    assert 0 < wrong.sum() < 40
    assert shown(opened) == expected(result, wrong)
    assert opened.find_element("id", "shown").text == f"{wrong.sum()} of 40 clips"
    choose(opened, "truth", "others")
    assert shown(opened) == expected(result, wrong & (result.truth == "others"))
    choose(opened, "subject", "lab/s2")
    kept = wrong & (result.truth == "others") & (result.groups == "lab/s2")
    assert shown(opened) == expected(result, kept)
    find(opened, "button[type=reset]")[0].click()
    wait(opened, lambda _: shown(opened) == expected(result, True))


def test_predictions_of_any_seed_are_found(opened, result):
    choose(opened, "predicted", "disgust")
    assert shown(opened) == expected(result, (result.runs == "disgust").any(axis=0))
    choose(opened, "outcome", "right with some seeds")
    right = (result.runs == result.truth).mean(axis=0)
    mixed = (right > 0) & (right < 1)
    assert shown(opened) == expected(result, mixed & (result.runs == "disgust").any(axis=0))


def test_a_number_of_the_confusion_matrix_shows_its_clips(opened, result):
    names = result.class_names
    (button,) = find(opened, '.confusion button[data-truth="2"][data-predicted="0"]')
    button.click()
    kept = (result.truth == names[2]) & (result.runs == names[0]).any(axis=0)
    assert kept.any()
    assert shown(opened) == expected(result, kept)


def test_clips_are_leafed_through_among_those_shown(opened, result):
    choose(opened, "outcome", "right")
    names = shown(opened)
    find(opened, ".clip:not([hidden]) .frames")[0].click()
    viewed = opened.find_element("id", "viewed")
    assert viewed.text == names[0]
    assert find(opened, "[data-frame='1']")[0].get_attribute("aria-current") == "true"
    find(opened, "[data-step='1']")[0].click()
    assert viewed.text == names[1]
    for _ in range(2):
        find(opened, "[data-step='-1']")[0].click()
    assert viewed.text == names[-1]
    find(opened, "[data-close]")[0].click()
    assert not viewed.is_displayed()


def test_the_viewer_shows_the_frame_that_is_chosen(opened):
    find(opened, ".frames")[4].click()
    sources = [
        image.get_attribute("src") for image in find(opened, ".clip")[4].find_elements("tag name", "img")
    ]
    stage = find(opened, ".stage img")[0]
    for frame, source in enumerate(sources):
        find(opened, f"[data-frame='{frame}']")[0].click()
        assert stage.get_attribute("src") == source
    stage.parent.switch_to.active_element.send_keys("1")
    assert stage.get_attribute("src") == sources[0]


def test_nothing_is_loaded_and_nothing_fails(opened):
    events = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    requests = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert any(url.startswith("file:") for url in requests)
    own = ("file:", "data:", "chrome:")  # the last are the browser's own new tab
    assert [url for url in requests if not url.startswith(own)] == []
    assert [entry["message"] for entry in opened.get_log("browser")] == []
    assert opened.execute_script("return [...document.images].every(i => !i.src || i.naturalWidth)")


LINES = """
return [...document.querySelectorAll("td")].filter(cell => /\\sto /.test(cell.textContent)).map(cell => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return new Set([...range.getClientRects()].map(line => Math.round(line.top))).size;
});
"""


@pytest.mark.parametrize("width", [390, 1200])
def test_the_page_is_no_wider_than_the_window_and_intervals_break_once_at_most(opened, width):
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        assert opened.execute_script("return document.documentElement.scrollWidth") <= width
        lines = opened.execute_script(LINES)
        assert len(lines) == 3 and max(lines) <= (2 if width == 390 else 1)
        table = "document.querySelector('.scroll')"
        assert opened.execute_script(f"return {table}.scrollWidth <= {table}.clientWidth")
    finally:
        opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_dark_mode_takes_the_light_ink(opened):
    (source, *_) = find(opened, "#classes ~ * source")
    figure = find(opened, "#classes ~ * picture img")[0]
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    try:
        wait(opened, lambda _: figure.get_property("currentSrc") == source.get_attribute("srcset"))
        background = opened.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert background == "rgb(20, 23, 27)"
    finally:
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    wait(opened, lambda _: figure.get_property("currentSrc") != source.get_attribute("srcset"))
