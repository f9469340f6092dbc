#!/usr/bin/env python3
"""Looks at pages in a real browser, as people do: wide and narrow, light and dark, printed,
without scripts.

    look.py PAGE.html...

Prints what is wrong, a line each; exit 1 if anything is, 77 without a browser. Chromium is
spoken to by its DevTools protocol over two pipes; only the standard library is needed."""
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile

SIZES = ((1400, "light"), (380, "dark"), (380, "light"), (1400, "dark"))
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--disable-extensions --remote-debugging-pipe about:blank"
)

LOOK = r"""
(() => {
  const wrong = [];
  const parse = text => (text.match(/[\d.]+/g) || []).map(Number);
  const light = color => {
    const [r, g, b] = color.slice(0, 3).map(v => {
      v /= 255;
      return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0)
        return color;
    }
    return [255, 255, 255];
  };
  /* What is drawn below a text of a figure. */
  const below = text => {
    const box = text.getBoundingClientRect();
    const x = box.x + box.width / 2, y = box.y + box.height / 2;
    let found = null;
    for (const shape of text.ownerSVGElement.querySelectorAll("rect, polygon, path")) {
      const area = shape.getBoundingClientRect(), style = getComputedStyle(shape);
      if (style.fill !== "none" && !shape.closest("defs") && x > area.left &&
          x < area.right && y > area.top && y < area.bottom && style.fillOpacity === "1")
        found = parse(style.fill);
    }
    return found || ground(text.ownerSVGElement);
  };
  const seen = new Set();
  for (const element of document.querySelectorAll("body *")) {
    const has_text = Array.from(element.childNodes).some(
      node => node.nodeType === 3 && node.data.trim());
    if (!has_text || element.closest("script, style, title, desc") ||
        !element.getClientRects().length)
      continue;
    const style = getComputedStyle(element);
    const is_drawn = element instanceof SVGElement;
    const color = parse(is_drawn ? style.fill : style.color);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    let ratio = contrast(color, ground(is_drawn ? element.ownerSVGElement : element));
    if (ratio < least && is_drawn)
      ratio = contrast(color, below(element));
    const name = `${element.tagName} ${color} ${ratio.toFixed(2)}`;
    if (ratio < least - 0.05 && !seen.has(name)) {
      seen.add(name);
      wrong.push(`contrast ${name}: ${element.textContent.trim().slice(0, 40)}`);
    }
  }
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth)
    wrong.push(`scrolls sideways: ${page.scrollWidth} of ${page.clientWidth}`);
  for (const box of document.querySelectorAll("*")) {
    const flow = getComputedStyle(box);
    if ((box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1) &&
        /auto|scroll/.test(flow.overflowX + flow.overflowY) && box !== page &&
        box !== document.body && box.tabIndex < 0)
      wrong.push(`cannot be scrolled by keys: ${box.tagName} ${box.className}`);
  }
  for (const one of document.querySelectorAll("a, button, input, summary"))
    if (one.tabIndex < 0 || !(one.textContent.trim() || one.labels && one.labels.length))
      wrong.push(`not reachable, or without a name: ${one.outerHTML.slice(0, 80)}`);
  for (const one of document.querySelectorAll("svg[role=img]")) {
    const words = (one.getAttribute("aria-labelledby") || "").split(" ")
      .map(id => document.getElementById(id)?.textContent.trim());
    if (words.length < 2 || words.some(word => !word))
      wrong.push(`a figure without words: ${one.outerHTML.slice(0, 80)}`);
  }
  for (const dot of document.querySelectorAll(".strip svg circle"))
    if (!(dot.cx.baseVal.value >= 0 && dot.cx.baseVal.value <= 150))
      wrong.push(`a dot is off its scale: ${dot.outerHTML}`);
  const ids = Array.from(document.querySelectorAll("[id]"), one => one.id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i)))
    wrong.push(`two elements have the id ${id}`);
  for (const link of document.querySelectorAll("a[href], use[href]")) {
    const href = link.getAttribute("href");
    if (!href.startsWith("#") || !document.getElementById(href.slice(1)))
      wrong.push(`leads nowhere: ${href}`);
  }
  if (document.querySelectorAll("script").length > 1 ||
      document.querySelector("iframe, object, embed, img, link, base, foreignObject"))
    wrong.push("holds what the program did not write");
  for (const one of document.querySelectorAll("*"))
    for (const attribute of one.attributes)
      if (attribute.name.startsWith("on"))
        wrong.push(`has a handler: ${attribute.name}`);
  if (window.hacked)
    wrong.push("ran what stood in the run");
  return wrong;
})()
"""

# Sorts, filters and copies, as far as the page has something to do so with.
USE = r"""
(() => {
  const wrong = [];
  const table = document.querySelector("main table");
  const button = table && table.querySelector("thead button");
  if (!button)
    return ["the script has made no buttons"];
  button.click();
  const names = Array.from(table.tBodies[0].rows, row => row.cells[0].textContent.trim());
  const sorted = names.slice().sort((a, b) => a.localeCompare(b));
  if (names.join() !== sorted.join())
    wrong.push("is not sorted by its first column");
  const search = document.querySelector("input[type=search]");
  search.value = "no such mechanism";
  search.dispatchEvent(new Event("input"));
  const rows = Array.from(document.querySelectorAll("tr[data-f], [id$=folklore] tbody tr"));
  if (rows.some(row => !row.hidden))
    wrong.push("shows rows that were filtered away");
  if (document.querySelector(".tools output").textContent !== "nothing has that")
    wrong.push("does not say that a filter finds nothing");
  search.value = "";
  search.dispatchEvent(new Event("input"));
  if (rows.some(row => row.hidden))
    wrong.push("hides rows when nothing is filtered");
  if (document.querySelector(".tools output").textContent)
    wrong.push("counts lines when nothing is filtered");
  document.querySelectorAll("details").forEach(one => { one.open = true; });
  return wrong;
})()
"""


class Browser:
    """One tab of a headless Chromium of its own."""

    def __init__(self, program, directory):
        commands, self.writes = os.pipe()
        self.reads, answers = os.pipe()
        # Away from 3 and 4, where the browser looks for them.
        commands = fcntl.fcntl(commands, fcntl.F_DUPFD, 10)
        answers = fcntl.fcntl(answers, fcntl.F_DUPFD, 10)

        def place():
            os.dup2(commands, 3)
            os.dup2(answers, 4)

        self.process = subprocess.Popen(
            [program, f"--user-data-dir={directory}", *QUIET.split()],
            preexec_fn=place,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self.rest, self.events, self.number, self.session = b"", [], 0, None
        tabs = self.call("Target.getTargets")["targetInfos"]
        tab = next(one for one in tabs if one["type"] == "page")
        self.session = self.call(
            "Target.attachToTarget", targetId=tab["targetId"], flatten=True
        )["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def receive(self):
        while b"\0" not in self.rest:
            got = os.read(self.reads, 1 << 20)
            if not got:
                raise SystemExit("the browser has ended")
            self.rest += got
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writes, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, page):
        self.events.clear()
        self.call("Page.navigate", url="file://" + os.path.abspath(page))
        while not any(e.get("method") == "Page.loadEventFired" for e in self.events):
            self.events.append(self.receive())

    def ask(self, expression):
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True
        )
        if "exceptionDetails" in answer:
            return [answer["exceptionDetails"]["exception"]["description"]]
        return answer["result"].get("value")

    def complaints(self):
        """What the browser itself has said since the page was opened."""
        for event in self.events:
            method, said = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                yield said["exceptionDetails"]["text"]
            elif method == "Log.entryAdded":
                yield said["entry"]["text"]
            elif method == "Runtime.consoleAPICalled":
                yield f"console.{said['type']}"
            elif method == "Page.javascriptDialogOpening":
                yield f"a dialog: {said['message']}"
            elif method == "Network.requestWillBeSent":
                url = said["request"]["url"]
                if not url.startswith(("file://", "data:")) or (
                    url.startswith("file://") and said["type"] != "Document"
                ):
                    yield f"fetches {url}"

    def end(self):
        os.close(self.writes)
        self.process.terminate()
        self.process.wait()


def look(browser, page):
    """Yields what is wrong with a page."""
    browser.open(page)
    for width, scheme in SIZES:
        browser.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=False,
        )
        browser.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )
        for wrong in browser.ask(LOOK):
            yield f"{width} px, {scheme}: {wrong}"
        if (width, scheme) == SIZES[0]:
            # The first look sees what is folded up as it is, the others unfolded.
            yield from browser.ask(USE)
    paper = browser.call("Page.printToPDF", transferMode="ReturnAsBase64")
    if len(paper["data"]) < 10000:
        yield "cannot be printed"
    yield from browser.complaints()
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(page)
    if browser.ask("document.querySelectorAll('main table tbody tr').length") < 3:
        yield "without scripts: the tables are empty"
    if browser.ask("document.querySelectorAll('button, .tools').length"):
        yield "without scripts: has buttons that do nothing"
    browser.call("Emulation.setScriptExecutionDisabled", value=False)


def main(pages):
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        print("no chromium here (apt-get install chromium)")
        return 77
    count = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as directory:
        browser = Browser(program, directory)
        for page in pages:
            for wrong in look(browser, page):
                print(f"{page}: {wrong}")
                count += 1
        browser.end()
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
