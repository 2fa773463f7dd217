"""Random conditions and histories, small enough that they often meet."""

from __future__ import annotations

from typing import Any, get_args

from hypothesis import strategies as st

from headwater.audiences import conditions as k
from headwater.audiences.comparisons import (
    AllOf,
    AnyOf,
    Comparison,
    Filter,
    NoneOf,
    NumberOperator,
    Operator,
)

START = 1_793_000_000_000  # 2026-10-26, a day after Berlin's clocks went back
ZONES = ["UTC", "Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu"]
NAMES = ["A", "B", "C"]
HOUR = 3_600_000

durations = st.sampled_from(["1h", "3h", "12h", "1d", "2d", "7d", "90s"])
scalars = st.sampled_from(["x", "y", "1", "", 0, 1, 2, 2.5, 0.1, 0.2, -3, True, False])
times = st.integers(0, 30 * 24).map(lambda hours: START + hours * HOUR)
dates = st.sampled_from(["2026-10-25", "2026-10-28", "2026-11-02", "2026-11-10T12:00:00Z"])
texts = st.sampled_from(["x", "y", "xy"])


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, Any]:  # noqa: PLR0911 - a row for each kind
    """An operator and a value that suits it."""
    operator = draw(st.sampled_from(get_args(Operator)))
    match operator:
        case "exists" | "absent":
            return operator, None
        case "one_of" | "none_of" | "includes_any" | "includes_all":
            return operator, tuple(draw(st.lists(scalars, min_size=1, max_size=2)))
        case "greater_than" | "at_least" | "less_than" | "at_most":
            return operator, draw(st.sampled_from([0, 1, 2, 0.3]))
        case "between":
            return operator, draw(st.sampled_from([(0, 1), (1, 2.5)]))
        case "contains" | "not_contains" | "starts_with" | "ends_with":
            return operator, draw(texts)
        case "matches":
            return operator, draw(st.text("xy1*?.", min_size=1, max_size=4))
        case "before" | "after":
            return operator, draw(dates)
        case "within_last" | "before_last" | "within_next" | "after_next":
            return operator, draw(durations)
        case "in_period":
            return operator, draw(
                st.sampled_from(["today", "yesterday", "tomorrow", "this_week", "last_week"])
                | st.sampled_from(["next_week", "this_month", "last_month", "next_month"])
            )
    return operator, draw(scalars)


comparisons = st.builds(
    lambda path, question: Comparison(path, *question),
    st.sampled_from(["properties.v", "properties.w", "context.n"]),
    questions(),
)


def _several(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    many = st.lists(inner, min_size=1, max_size=2).map(tuple)
    return st.one_of(many.map(AllOf), many.map(AnyOf), many.map(NoneOf))


filters: st.SearchStrategy[Filter] = st.recursive(comparisons, _several, max_leaves=3)
where = st.lists(filters, max_size=1).map(tuple)
selectors = st.one_of(
    st.builds(k.EventSelector, st.sampled_from(NAMES), where=where),
    st.builds(k.EventSelector, st.sampled_from(NAMES)),
    st.builds(k.EventSelector, call=st.sampled_from(["any", "track", "page", "identify"])),
)
windows = st.one_of(
    st.none(),
    st.builds(k.Rolling, durations),
    st.sampled_from([k.Rolling("2d", skip="3h"), k.Rolling("7d", skip="1d")]),
    st.sampled_from(
        [
            k.Between("2026-10-27"),
            k.Between("2026-10-26", "2026-11-01"),
            k.Between(None, "2026-11-05T06:00:00"),
        ]
    ),
    st.builds(
        k.Calendar,
        st.sampled_from(["day", "week", "month", "quarter", "year"]),
        st.integers(0, 2),
        st.integers(1, 3),
    ),
    st.builds(k.SinceEvent, selectors, st.sampled_from(["first", "last"])),
)
steps = st.builds(
    k.Step,
    selectors,
    st.none() | durations,
    st.lists(selectors, max_size=1).map(tuple),
)


@st.composite
def sequences(draw: st.DrawFn) -> k.SequenceCondition:
    """Two or three steps."""
    first = k.Step(draw(selectors))
    rest = draw(st.lists(steps, min_size=1, max_size=2))
    return k.SequenceCondition((first, *rest), draw(windows))


@st.composite
def aggregates(draw: st.DrawFn) -> k.AggregateCondition:
    """A figure over one property."""
    operators: list[NumberOperator] = [
        "equals",
        "not_equals",
        "greater_than",
        "at_least",
        "at_most",
    ]
    operator = draw(st.sampled_from(operators))
    return k.AggregateCondition(
        draw(selectors),
        draw(st.sampled_from(["sum", "average", "minimum", "maximum", "count_distinct"])),
        "properties.v",
        operator,
        draw(st.sampled_from([0, 1, 2, 0.3, 3, 5])),
        draw(windows),
    )


event_leaves = st.one_of(
    st.builds(
        k.EventCondition,
        selectors,
        st.sampled_from(["at_least", "at_most", "exactly"]),
        st.integers(0, 3),
        windows,
    ),
    sequences(),
    aggregates(),
    st.builds(k.OccurrenceCondition, st.sampled_from(["first", "last"]), selectors, where, windows),
    st.builds(
        k.ConsentCondition,
        st.sampled_from(["Ads", "Mail"]),
        st.sampled_from(["granted", "refused", "unknown"]),
    ),
)
trait_leaves = st.builds(
    lambda path, question: k.TraitCondition(path, *question),
    st.sampled_from(["t", "u", "o.v"]),
    questions(),
)
account_leaves = st.builds(
    k.AccountCondition,
    st.lists(
        st.builds(lambda question: Comparison("plan", *question), questions()),
        max_size=1,
    ).map(tuple),
    st.sampled_from([None, "g1", "g2"]),
)
leaves = st.one_of(event_leaves, event_leaves, event_leaves, trait_leaves, account_leaves)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda many: k.And(tuple(many))),
        st.lists(inner, min_size=1, max_size=3).map(lambda many: k.Or(tuple(many))),
        inner.map(k.Not),
    ),
    max_leaves=4,
)

values = st.one_of(
    scalars,
    st.none(),
    st.lists(scalars, max_size=2),
    st.sampled_from(["2026-10-28", "2026-11-02T10:00:00+01:00", START // 1000 + 90_000]),
    times,
)


@st.composite
def events(draw: st.DrawFn) -> tuple[int, dict[str, Any]]:
    """A track, page or identify, with its time; its messageId is given later."""
    at = draw(times | times.map(lambda time: time + 1))
    kind = draw(st.sampled_from(["track", "track", "track", "page", "identify"]))
    event: dict[str, Any] = {"type": kind, "properties": {}, "context": {}}
    if kind == "track":
        event["event"] = draw(st.sampled_from(NAMES))
    elif kind == "page":
        event["name"] = draw(st.sampled_from(NAMES))
    for name in ("v", "w"):
        if draw(st.booleans()):
            event["properties"][name] = draw(values)
    if draw(st.integers(0, 5)) == 0:
        event["context"]["n"] = draw(scalars)
    if draw(st.integers(0, 6)) == 0:
        event["context"]["consent"] = {
            "categoryPreferences": draw(
                st.dictionaries(st.sampled_from(["Ads", "Mail"]), st.booleans(), max_size=2)
            )
        }
    return at, event
