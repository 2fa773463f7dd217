"""Tests of `scripts.upload.assets`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from headwater.api.browser_files import snippet
from headwater.settings import SettingsError
from scripts.upload import assets

ROOT = Path(__file__).parent.parent.parent


def tree(folder: Path, wrangler: str) -> Path:
    """Answer a folder with this wrangler.toml and a package of analytics-next in it."""
    (folder / "wrangler.toml").write_text(wrangler)
    package = folder / "umd"
    package.mkdir()
    for name in ("standalone.js", "ajs-destination.bundle.4a3f.js", "notes.txt"):
        (package / name).write_text(name)
    return folder


def test_the_snippet_lies_under_each_address(tmp_path: Path) -> None:
    """That of each environment, with what is to be said with it; nothing else is there."""
    root = tree(
        tmp_path,
        """
        [vars]
        HEADWATER_SCRIPT_PATH = "/t/garden.js"
        [env.staging.vars]
        HEADWATER_LAKE_HOT_DAYS = "365"
        """,
    )
    (root / "build" / "assets").mkdir(parents=True)
    (root / "build" / "assets" / "old.js").write_text("of a name that is not used any more")

    assets.write(root)

    folder = root / "build" / "assets"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == {"_headers", "hw.js", "t/garden.js"}
    assert (folder / "t" / "garden.js").read_bytes() == snippet()
    told = (folder / "_headers").read_text().splitlines()
    assert [line for line in told if line.startswith("/")] == ["/hw.js", "/t/garden.js"]
    assert told.count("  cache-control: public, max-age=300") == 2


def test_segments_own_sdk_lies_where_its_parts_are_asked_for(tmp_path: Path) -> None:
    """Its scripts, for long, and no other file of its folder."""
    root = tree(tmp_path, 'vars = {HEADWATER_ANALYTICS_JS = "umd"}')

    assets.write(root)

    folder = root / "build" / "assets" / "analytics-next" / "bundles"
    assert {path.name for path in folder.iterdir()} == {
        "standalone.js",
        "ajs-destination.bundle.4a3f.js",
    }
    told = (root / "build" / "assets" / "_headers").read_text()
    _, _, rule = told.partition("/analytics-next/bundles/*\n")
    assert "  cache-control: public, max-age=31536000, immutable\n" in rule.partition("\n/")[0]


@pytest.mark.parametrize(
    ("variable", "why"),
    [
        ('HEADWATER_ANALYTICS_JS = "elsewhere"', "dist/umd"),
        ('HEADWATER_SCRIPT_PATH = "/../hw.js"', "a meaning of its own"),
        ('HEADWATER_SCRIPT_PATH = "/_headers"', "a meaning of its own"),
        ('HEADWATER_SCRIPT_PATH = "hw.js"', "a path such as"),
    ],
)
def test_what_cannot_be_served_is_an_error(tmp_path: Path, variable: str, why: str) -> None:
    """It names the setting and says what would do."""
    with pytest.raises(SettingsError, match=why):
        assets.write(tree(tmp_path, f"vars = {{{variable}}}"))


def test_it_needs_nothing_but_python(tmp_path: Path) -> None:
    """`npx wrangler deploy` runs it from a clone in which nothing is installed."""
    root = tree(tmp_path, "")
    program = (
        f"import sys; sys.path[:0] = [{str(ROOT / 'src')!r}, {str(ROOT)!r}];"
        "from pathlib import Path; from scripts.upload import assets;"
        f"assets.write(Path({str(root)!r}))"
    )

    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True, timeout=60)

    assert (root / "build" / "assets" / "hw.js").is_file()
