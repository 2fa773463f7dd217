"""docs/parquet.md: what it shows runs, and what it says is so."""

from __future__ import annotations

import re
from pathlib import Path

from headwater.lake.parquet.bounds import LONGEST
from headwater.lake.parquet.footer_writing import CHECKSUM, INDEX_CHECKSUMS
from headwater.lake.parquet.layout import Layout
from headwater.lake.parquet.reader import TAIL

PAGE = (Path(__file__).parents[3] / "docs" / "parquet.md").read_text("utf-8")


def test_the_example_runs() -> None:
    """With its own assertion."""
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

    exec(compile(example, "docs/parquet.md", "exec"), {})


def test_the_numbers_are_the_codes() -> None:
    """Numbers on a page grow old unless somebody compares them."""
    layout = Layout()

    assert f"(level {layout.level} unless set)" in PAGE
    assert f"at most {layout.page_rows:,} rows and about {layout.page_bytes >> 20} MB" in PAGE
    assert f"at most {layout.group_rows:,} rows and about {layout.group_bytes >> 20} MB" in PAGE
    assert f"({TAIL >> 10} KB)" in PAGE
    assert f"cut to {LONGEST} bytes" in PAGE
    assert f"`{CHECKSUM}`" in PAGE
    assert f"`{INDEX_CHECKSUMS}`" in PAGE
