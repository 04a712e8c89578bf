#!/usr/bin/env python3
"""Opens the pages of MLflow's user interface in a headless browser and looks for what a person
would look for: the runs, the columns of the judges, the questions, the assessments.

usage: ui.py URI FOUND SHOTS

FOUND is what readback.py wrote; screenshots go to the folder SHOTS. Only the standard
library is used. Last line: `N passed, N failed, N skipped`."""
import json
import os
import sys

import browser


class Pages:
    def __init__(self, chromium, uri, found, shots):
        self.chromium = chromium
        self.base = f"{uri}/#/experiments/{found['experiment']}"
        self.found = found
        self.shots = shots
        self.passed = self.failed = 0

    def check(self, page, wanted, missing):
        for text in wanted:
            if text in missing:
                self.failed += 1
                print(f"not ok - {page}: does not show {text!r}")
            else:
                self.passed += 1

    def page(self, name, path, wanted, click=None):
        """The page must come to show all texts; with click, after pressing that button."""
        self.chromium.open(self.base + path)
        missing = self.chromium.wait([click] if click else wanted)
        if click and not missing:
            # innerText joins a button's parts with line ends
            self.chromium.run("[...document.querySelectorAll('button')].find(e => e.innerText"
                              f".trim().startsWith({json.dumps(click)})).click()")
            missing = self.chromium.wait(wanted)
        elif click:
            missing = wanted
        self.chromium.screenshot(f"{self.shots}/{name}.png")
        self.check(name, wanted, missing)

    def everything(self):
        runs = self.found["runs"]
        # the list has what is below another run folded up
        self.page("runs", "/runs", [self.found["above"]] if self.found.get("above") else
                  [r["name"] for r in runs])
        columns = sorted({j + "/mean" for r in runs for j in r["judges"]})
        self.page("evaluation-runs", "/evaluation-runs",
                  [r["name"] for r in runs] + [runs[0]["dataset"]] + columns)
        self.page("models", "/models", [r["model"] for r in runs])
        for number, run in enumerate(runs):
            self.page(f"evaluation-{number}", f"/runs/{run['run_id']}",
                      [run["name"]] + [f"eval_{j}_pct" for j in run["judges"]])
            # the table shows only some of the assessments, the first ones by name
            self.page(f"evaluation-{number}-traces", f"/runs/{run['run_id']}/traces",
                      [f"{run['rows']} of {run['rows']}", "arbiter"] + sorted(run["judges"])[:3])
        self.page("traces", "/traces", sorted(runs[0]["judges"]))
        for number, trace in enumerate(self.found["traces"]):
            self.trace(f"trace-{number}", trace)

    def trace(self, name, trace):
        verdicts = [f"{judge}\n{value.capitalize()}" for judge, value in trace["judges"].items()]
        self.page(name, f"/traces?selectedEvaluationId={trace['trace_id']}",
                  [trace["question"], "Feedback ("] + verdicts, click="Assess\n")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    uri, found_path, shots = sys.argv[1:]
    path = browser.find()
    if not path:
        print("skipped: user interface: no chromium (make deps-conformance)")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    with open(found_path, encoding="utf-8") as file:
        found = json.load(file)
    if not found["runs"] or not found["traces"]:
        print("not ok - user interface: nothing was found that a page could show")
        print("0 passed, 1 failed, 0 skipped")
        return 1
    os.makedirs(shots, exist_ok=True)
    with browser.Browser(path, shots + "/chromium.log") as chromium:
        pages = Pages(chromium, uri, found, shots)
        pages.everything()
    print(f"{pages.passed} passed, {pages.failed} failed, 0 skipped")
    return 1 if pages.failed or not pages.passed else 0


if __name__ == "__main__":
    sys.exit(main())
