"""A small real React app in a real browser: every view, click and sight arrives once."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.browser.conftest import Shop, settled

REACT = Path(__file__).parents[2] / "sdk" / "react"

APP = """
import { createElement as h, StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { HeadwaterProvider, TrackedButton, TrackVisibility } from "REACT/src/index.js";
import { useHeadwater, usePageTracking, useTrackForm } from "REACT/src/index.js";

const Form = () => h("form", { ...useTrackForm("signup"), action: "javascript:void 0" },
  h("input", { name: "email" }));
const App = () => {
  const [path, go] = useState("/");
  const headwater = useHeadwater();
  usePageTracking(path, { name: path == "/" ? "Home" : "Cart" });
  return h("main", null,
    h(TrackedButton, { id: "go", event: "Cart Opened", onClick: () => go("/cart") }, "Cart"),
    h("button", { id: "who", onClick: () => headwater.identify("react-1", {}) }, "Sign in"),
    h(Form),
    h("div", { style: { height: 3000 } }),
    h(TrackVisibility, { event: "Footer Seen" }, h("footer", null, "The end")));
};
createRoot(document.getElementById("root")).render(
  h(StrictMode, null, h(HeadwaterProvider, { src: "SNIPPET", writeKey: "k" }, h(App))));
"""


@pytest.fixture
def bundle(shop: Shop, tmp_path: Path) -> str:
    """The app as one script, with React's development build, where strict mode runs twice."""
    node = shutil.which("node")
    esbuild = REACT / "node_modules" / "esbuild" / "bin" / "esbuild"
    if node is None or not esbuild.exists():
        pytest.skip("npm install --prefix sdk/react: its packages are not here")
    source = tmp_path / "app.js"
    snippet = f"http://data.shop.test:{shop.data_port}/hw.js"
    source.write_text(APP.replace("REACT", str(REACT)).replace("SNIPPET", snippet))
    command = [str(esbuild), str(source), "--bundle", "--define:process.env.NODE_ENV='development'"]
    done = subprocess.run(
        command,
        env={"NODE_PATH": str(REACT / "node_modules"), "PATH": str(Path(node).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_react_app(visitor: BrowserContext, shop: Shop, bundle: str) -> None:
    """Views once each in strict mode, clicks, a form, what was seen; before and after loading."""
    script = bundle.replace("</script", "<\\/script")
    shop.pages["/"] = f'<!doctype html><div id="root"></div><script>{script}</script>'
    page = visitor.new_page()
    page.goto(shop.url())
    page.click("#go")
    page.click("#who")
    page.fill("input[name=email]", "secret@example.com")
    page.press("input[name=email]", "Enter")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    names = settled(page, shop.collector, 7)
    assert sorted(names) == sorted(
        [
            "page",
            "page",
            "Cart Opened",
            "identify",
            "Form Started",
            "Form Submitted",
            "Footer Seen",
        ]
    )
    views = [event["name"] for event in shop.collector.events if event["type"] == "page"]
    assert views == ["Home", "Cart"]
    assert "secret" not in str(shop.collector.events)
