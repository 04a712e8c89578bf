#!/usr/bin/env python3
"""Looks at HTML reports as a person would: in a headless Chromium, light and dark, wide and
narrow, with the keyboard, without scripts, on paper. axe-core looks for what keeps people out.

usage: page.py BUILD FOLDER...

FOLDER is a work folder with its report.html. Only the standard library is used. Last line:
`N passed, N failed, N skipped`."""
import base64
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import browser  # pylint: disable=wrong-import-position

WIDTHS = (1280, 400)
THEMES = ("light", "dark")
# What is wrong with the pictures: text that is cut off, on other text or close beside it, or too small to be read; lines of a
# tree that do not reach the next row.
PICTURES = """(() => {
	const wrong = [], clash = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > -1.5 &&
		Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3;
	for (const svg of document.querySelectorAll('svg[role=img]')) {
		const box = svg.getBoundingClientRect(), title = svg.querySelector('title').textContent;
		const texts = Array.from(svg.querySelectorAll('text'), t => [t.textContent, t.getBoundingClientRect()]);
		texts.forEach(([text, r], i) => {
			if (r.left < box.left - 1 || r.right > box.right + 1 || r.top < box.top - 1 || r.bottom > box.bottom + 1)
				wrong.push(title + ': "' + text + '" is cut off');
			if (r.height < 10)
				wrong.push(title + ': "' + text + '" is ' + r.height + ' pixels high');
			for (const [other, s] of texts.slice(i + 1))
				if (clash(r, s))
					wrong.push(title + ': "' + text + '" is too near to "' + other + '"');
		});
	}
	for (const tree of document.querySelectorAll('.tree')) {
		const rows = Array.from(tree.querySelectorAll('tbody th svg'), s => s.getBoundingClientRect());
		rows.forEach((r, i) => i && Math.abs(r.top - rows[i - 1].bottom) > 1 && wrong.push('a gap above row ' + i));
	}
	return wrong;
})()"""
AXE_SECONDS = 300  # for a look at the largest page by a machine with much else to do
TALLEST = 7000  # pixels of a screenshot
LARGEST = {"dense-60": 1_000_000}  # bytes


class Listening(browser.Browser):
    """Keeps what the browser tells besides answers: requests, messages, exceptions."""

    def __init__(self, path, log):
        self.events = []
        super().__init__(path, log)
        for domain in ("Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def message(self, until):
        message = super().message(until)
        if "method" in message:
            self.events.append(message)
        return message

    def since(self, *methods):
        found = [e["params"] for e in self.events if e["method"] in methods]
        return found

    def visit(self, url, width, theme):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                  mobile=False)
        self.call("Emulation.setEmulatedMedia", media="",
                  features=[{"name": "prefers-color-scheme", "value": theme}])
        self.open(url)
        until = time.monotonic() + 120
        while not self.run("document.readyState === 'complete' && !!document.querySelector('footer')"):
            if time.monotonic() > until:
                raise browser.BrowserError("the page does not load")
            time.sleep(0.05)

    def picture(self, path, width):
        height = self.run("document.documentElement.scrollHeight")
        data = self.call("Page.captureScreenshot", seconds=120, format="png", captureBeyondViewport=True,
                         clip={"x": 0, "y": 0, "width": width, "height": min(height, TALLEST), "scale": 1})
        with open(path, "wb") as file:
            file.write(base64.b64decode(data["data"]))

    def key(self, key, code=0, text=""):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                      text=text if kind == "keyDown" else "")


class Looks:
    def __init__(self, chromium, axe, shots):
        self.chromium = chromium
        self.axe = axe
        self.shots = shots
        self.name = ""
        self.passed = self.failed = self.skipped = 0

    def check(self, good, text, detail=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print(f"not ok - {self.name}: {text}{': ' + str(detail)[:600] if detail else ''}")

    def violations(self, where):
        if not self.axe:
            self.skipped += 1
            return
        self.chromium.run(self.axe + "; 0")
        rules, found = self.chromium.run(
            "axe.run().then(r => [r.passes.length, r.violations.map(v => [v.id, v.impact, "
            "v.nodes.length, v.nodes[0].html.slice(0, 160), v.nodes[0].failureSummary])])", seconds=AXE_SECONDS)
        self.check(rules > 10 and not found, f"axe-core, {where}", found or f"{rules} rules")

    # ---- one report ----
    def look(self, folder):
        self.name = os.path.basename(folder)
        url = "file://" + os.path.join(os.path.abspath(folder), "report.html")
        self.chromium.events.clear()
        for width in WIDTHS:
            for theme in THEMES:
                self.chromium.visit(url, width, theme)
                wide = self.chromium.run("document.documentElement.scrollWidth - innerWidth")
                self.check(wide <= 0, f"{width} pixels, {theme}: the page scrolls sideways", wide)
                wrong = self.chromium.run(PICTURES)
                self.check(not wrong, f"{width} pixels, {theme}: pictures", wrong)
                self.chromium.picture(f"{self.shots}/{self.name}-{width}-{theme}.png", width)
                self.part("searches", f"{width}-{theme}", width)
                if self.name != "dense-500" or width == WIDTHS[0]:
                    self.violations(f"{width} pixels, {theme}")
        self.size(folder)
        self.deployed(folder)
        self.cells(folder)
        self.keyboard()
        self.search()
        self.told(url)
        self.without_script(url)
        self.paper(url)

    def part(self, section, name, width):
        """A screenshot of a section that may stand below what one of the page shows."""
        place = self.chromium.run(
            f"(() => {{ const h = document.getElementById('{section}'); if (!h) return null; const r = "
            "h.parentNode.getBoundingClientRect(); return [r.top + scrollY, r.height]; })()")
        if place:
            data = self.chromium.call("Page.captureScreenshot", seconds=120, format="png", captureBeyondViewport=True,
                                      clip={"x": 0, "y": place[0], "width": width, "height": min(place[1], TALLEST),
                                            "scale": 1})
            with open(f"{self.shots}/{self.name}-{section}-{name}.png", "wb") as file:
                file.write(base64.b64decode(data["data"]))

    def deployed(self, folder):
        """What the deployed space answered is the last column; its cells open, and the one before is near."""
        path = folder + "/final/post_deploy.jsonl"
        if not os.path.exists(path):
            return
        with open(path, encoding="utf-8") as file:
            row = next(r for r in map(json.loads, file) if r["outcome"] == "fail")
        heads = self.chromium.run("Array.from(document.querySelectorAll('#matrix .it'), h => h.textContent)")
        self.check(heads[-1] == "deployed", "the last column is not the deployed space's", heads)
        self.chromium.run(
            "Array.from(document.querySelectorAll('#matrix tbody tr')).find(r => r.cells[0].textContent === "
            + json.dumps(row["question_id"]) + f").cells[{len(heads)}].click()")
        title = self.chromium.run("document.getElementById('cell-title').textContent")
        self.check(title == row["question_id"] + ", after the deployment: fail", "its cell does not open", title)
        shown = self.chromium.run("Array.from(document.querySelectorAll('#cell pre'), p => p.textContent)")
        self.check(shown == [row["expected_sql"].rstrip(), row["genie_sql"].rstrip()], "its SQL is not shown", shown)
        self.check(self.chromium.run("document.getElementById('cell-after').disabled"), "something comes after it")
        self.chromium.run("document.getElementById('cell-before').click()")
        title = self.chromium.run("document.getElementById('cell-title').textContent")
        self.check("iteration" in title, "there is no way to the iteration before", title)
        self.chromium.run("document.getElementById('cell').close()")

    def size(self, folder):
        size = os.path.getsize(folder + "/report.html")
        most = LARGEST.get(self.name)
        self.check(most is None or size < most, f"the page has {size} bytes, {most} at most")
        timing = self.chromium.run(
            "(() => { const t = performance.getEntriesByType('navigation')[0]; return "
            "[t.domInteractive, t.domContentLoadedEventEnd, document.querySelectorAll('*').length]; })()")
        click = self.chromium.run(
            "(() => { const t = performance.now(); document.querySelector('#matrix td.f').click(); "
            "document.getElementById('cell-body').offsetHeight; return performance.now() - t; })()")
        self.chromium.run("document.getElementById('cell').close()")
        print(f"{self.name}: {size / 1000:.0f} kB, {timing[2]:.0f} elements, DOM after {timing[0]:.0f} ms, "
              f"ready after {timing[1]:.0f} ms, first click {click:.0f} ms")

    def cells(self, folder):
        """A click shows both SQL texts, the verdicts and the rationale, for a few failing cells."""
        with open(folder + "/iter-00/rows.jsonl", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        failing = [r for r in rows if r.get("genie_sql") and r["judges"]["result_correctness"]["value"] == "no"]
        for row in failing[:3]:
            self.chromium.run(
                "Array.from(document.querySelectorAll('#matrix tbody tr')).find(r => r.cells[0].textContent === "
                + json.dumps(row["question_id"]) + ").querySelector('td.p, td.f').click()")
            shown = self.chromium.run(
                "Array.from(document.querySelectorAll('#cell pre'), p => p.textContent)")
            self.check(shown == [row["expected_sql"].rstrip(), row["genie_sql"].rstrip()],
                       f"{row['question_id']}: a click does not show both SQL texts", shown)
            body = self.chromium.run("document.getElementById('cell').textContent")
            wanted = [row["judges"]["result_correctness"]["rationale"], row["question"], "result_correctness"]
            self.check(all(w in body for w in wanted), f"{row['question_id']}: a text is missing", body)
            self.check(self.chromium.run("document.querySelectorAll('#cell mark').length > 0"),
                       f"{row['question_id']}: the difference is not marked")
        for theme in THEMES:
            self.chromium.call("Emulation.setEmulatedMedia", media="",
                               features=[{"name": "prefers-color-scheme", "value": theme}])
            self.chromium.screenshot(f"{self.shots}/{self.name}-cell-{theme}.png")
            self.violations(f"a cell is open, {theme}")
        self.chromium.call("Emulation.setDeviceMetricsOverride", width=1280, height=900,
                           deviceScaleFactor=1, mobile=False)
        self.chromium.screenshot(f"{self.shots}/{self.name}-cell-1280.png")
        self.chromium.run("document.getElementById('cell').close()")

    def keyboard(self):
        chromium = self.chromium
        chromium.run("document.querySelector('#matrix [tabindex=\"0\"]').focus()")
        where = "document.activeElement.closest('tr') && [document.activeElement.cellIndex, " \
                "document.activeElement.parentNode.rowIndex]"
        before = chromium.run(where)
        chromium.key("ArrowDown", 40)
        chromium.key("ArrowRight", 39)
        after = chromium.run(where)
        self.check(before and after == [before[0] + 1, before[1] + 1], "arrows do not move", (before, after))
        ring = chromium.run("getComputedStyle(document.activeElement).outlineStyle")
        self.check(ring == "solid", "the focus is not seen", ring)
        chromium.key("Enter", 13, "\r")
        self.check(chromium.run("document.getElementById('cell').open"), "Enter does not open a cell")
        chromium.key("Escape", 27)
        self.check(not chromium.run("document.getElementById('cell').open"), "Escape does not close it")
        self.check(chromium.run(where) == after, "the focus is not back at its cell", chromium.run(where))
        chromium.run("document.querySelector('.skip').focus()")
        self.check(chromium.run("document.querySelector('.skip').getBoundingClientRect().left >= 0"),
                   "the link to the content is not seen when it has the focus")

    def search(self):
        shown = "Array.from(document.querySelectorAll('#matrix tbody tr')).filter(r => !r.hidden)"
        total = self.chromium.run("document.querySelectorAll('#matrix tbody tr').length")
        first = self.chromium.run("document.querySelector('#matrix tbody th').textContent")
        enter = "const f = document.getElementById('%s'); f.value = %s; f.dispatchEvent(new Event('%s'));"
        self.chromium.run("{" + enter % ("find", json.dumps(first.upper()), "input") + "}")
        self.check(self.chromium.run(shown + ".map(r => r.cells[0].textContent)") == [first],
                   "the search does not find one question")
        self.check(self.chromium.run("document.getElementById('shown').textContent")
                   == f"1 of {total:.0f} questions", "the number of questions found is not told")
        self.chromium.run("{" + enter % ("find", "''", "input") + enter.replace("const f", "var g").replace(
            "f.", "g.") % ("show", "'failing'", "change") + "}")
        failing = self.chromium.run(shown + ".length")
        self.check(0 < failing < total, "the filter does not filter", (failing, total))

    def told(self, url):
        """What the browser said while all this happened."""
        said = self.chromium.since("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        self.check(not said, "the console is not empty", said)
        asked = {p["request"]["url"] for p in self.chromium.since("Network.requestWillBeSent")}
        self.check(asked <= {url}, "requests off the file", asked - {url})
        self.check(self.chromium.run("window.broken") is None, "a text of the data was run")

    def without_script(self, url):
        self.chromium.call("Emulation.setScriptExecutionDisabled", value=True)
        self.chromium.visit(url, 1280, "light")
        text = self.chromium.text()
        self.chromium.call("Emulation.setScriptExecutionDisabled", value=False)
        for wanted in ("Summary", "Accuracy by iteration", "Question by question", "\u2713", "Next steps"):
            self.check(wanted in text, f"without scripts {wanted!r} is not there")
        self.check("Find" not in text.split(), "without scripts there is a search that does nothing")

    def paper(self, url):
        self.chromium.visit(url, 1280, "dark")
        data = self.chromium.call("Page.printToPDF", seconds=300, printBackground=False)["data"]
        with open(f"{self.shots}/{self.name}.pdf", "wb") as file:
            file.write(base64.b64decode(data))
        self.check(len(data) > 10000, "nothing is printed")
        self.chromium.call("Emulation.setDeviceMetricsOverride", width=760, height=1000, deviceScaleFactor=1,
                           mobile=False)
        self.chromium.call("Emulation.setEmulatedMedia", media="print")
        wide = self.chromium.run("document.documentElement.scrollWidth - innerWidth")
        self.check(wide <= 0, "on paper something is cut off", wide)
        self.chromium.picture(f"{self.shots}/{self.name}-paper.png", 760)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    build, folders = sys.argv[1], sys.argv[2:]
    path = browser.find()
    if not path:
        print("skipped: the pages: no chromium (make deps-conformance)")
        print(f"0 passed, 0 failed, {len(folders)} skipped")
        return 0
    axe = None
    if os.path.exists(build + "/axe/axe.min.js"):
        with open(build + "/axe/axe.min.js", encoding="utf-8") as file:
            axe = file.read()
    shots = build + "/report"
    os.makedirs(shots, exist_ok=True)
    with Listening(path, shots + "/chromium.log") as chromium:
        looks = Looks(chromium, axe, shots)
        for folder in folders:
            looks.look(folder)
    print(f"screenshots: {shots}")
    print(f"{looks.passed} passed, {looks.failed} failed, {looks.skipped} skipped")
    return 1 if looks.failed or not looks.passed else 0


if __name__ == "__main__":
    sys.exit(main())
