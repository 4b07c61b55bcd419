"""Take a picture of every page of the built documentation, at the width of a desk and of a phone.

``python docs/screenshots.py [--pages PART ...] [--dark]`` after ``make docs``; pictures go to
``docs/_build/screenshots``. Prints what it finds wrong, and ends with 1: pages that are wider than the
window, which a phone would scroll sideways, parts that reach out of it and cannot be scrolled, and broken
pictures.
"""

import argparse
import shutil
import sys
from pathlib import Path

BUILT = Path(__file__).parent / "_build"
WIDTHS = {"desk": 1280, "phone": 390}
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run")
FLAGS += ("--disable-background-networking", "--disable-component-update", "--disable-sync")

FAULTS = """
const width = document.documentElement.scrollWidth;
const article = document.querySelector("article") || document.body;
const rolls = e => /auto|scroll/.test(getComputedStyle(e).overflowX);
const scrolls = e => e !== article && (rolls(e) || scrolls(e.parentElement));
const cut = [...article.querySelectorAll("*")].filter(
  e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e));
const broken = [...document.images].filter(it => it.src && it.complete && !it.naturalWidth);
return [...(width > innerWidth ? [`is ${width} px wide`] : []),
  ...cut.slice(0, 1).map(e => `cuts <${e.localName}> "${e.textContent.trim().slice(0, 40)}"`),
  ...broken.map(picture => `lacks ${picture.src}`)];
"""


def browser():
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in FLAGS:
        options.add_argument(flag)
    return webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--html", type=Path, default=BUILT / "html", help="folder of the built pages")
    parser.add_argument("--output", type=Path, default=BUILT / "screenshots", help="folder to write to")
    parser.add_argument("--pages", nargs="+", default=[""], help="parts of the names of pages")
    parser.add_argument("--dark", action="store_true", help="as a dark page")
    parser.add_argument("--height", type=int, default=2400, help="of the picture at most, px")
    options = parser.parse_args()
    pages = [
        page for page in sorted(options.html.rglob("*.html")) if any(p in str(page) for p in options.pages)
    ]
    driver, wrong = browser(), []
    try:
        for page in pages:
            for name, width in WIDTHS.items():
                size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": name == "phone"}
                driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
                driver.get(page.resolve().as_uri())
                theme = "dark" if options.dark else "light"
                driver.execute_script("document.body.dataset.theme = arguments[0]", theme)
                height = driver.execute_script("return document.documentElement.scrollHeight")
                faults = driver.execute_script(FAULTS)
                wrong += [f"{page.relative_to(options.html)} at {width} px {fault}" for fault in faults]
                size["height"] = min(height, options.height)
                driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
                place = options.output / name / page.relative_to(options.html).with_suffix(".png")
                place.parent.mkdir(parents=True, exist_ok=True)
                driver.save_screenshot(str(place))
    finally:
        driver.quit()
    print(f"{len(pages)} pages in {options.output}")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
