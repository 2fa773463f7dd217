"""What is said about people: who they are, that two are one, how many there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headwater.language.reading import Document
from headwater.language.refusal import NotUnderstood
from headwater.language.statements import Build, Grammar, exact, over

Held = Mapping[str, Any]


def add_people(grammar: Grammar) -> None:
    """Add the rules about people."""
    _identity(grammar)
    _showing(grammar)
    _populations(grammar)
    _definitions(grammar)
    _privacy(grammar)


def _identity(grammar: Grammar) -> None:
    grammar.add(
        """
        (link|connect|associate|tie|alias|attach|bind|map) (user|visitor|id)? <first:who> (to|with|and) (user|visitor|id)? <second:who> together?
        <first:who> (is the same as|is the same person as|is the same user as|is also|is also known as|aka|is actually|belongs to|turned out to be|turns out to be) <second:who>
        <first:who> and <second:who> are (the same|the same person|the same user|one|one person)
        """,
        lambda held: {
            "do": "link",
            "first": exact(held["first"], "Linking"),
            "second": exact(held["second"], "Linking"),
        },
        example="link anonymous-xyz to user-123",
    )
    grammar.add("<first:stated> is <second:stated>", _one_person, example="anon-7 is user-123")
    grammar.add(
        """
        (set|change|update) the? <trait:name> (of|for) <who:who> to <value:value>
        (set|change|update) <who:who> 's? <trait:name> to <value:value>
        """,
        lambda held: {
            "do": "identify",
            "who": held["who"].id,
            "traits": {"_".join(held["trait"].lower().split()): held["value"]},
        },
        example="set the plan of user-123 to pro",
    )
    grammar.add(
        """
        (merge|combine|unify|consolidate|join) (users|user|profiles|people|the users)? <first:who> (with|and|into|to) (user|profile)? <second:who> (together|into one|into one person|into one user|into one profile)?
        """,
        lambda held: {
            "do": "merge",
            "first": exact(held["first"], "Merging"),
            "second": exact(held["second"], "Merging"),
        },
        example="merge user-123 with user-456",
    )


def _one_person(held: Held) -> Document | None:
    first, second = held["first"].id, held["second"].id
    # "user-123 is at-risk" says nothing of ids: one must be of another type, and one a number.
    types = {one.partition(":")[0] for one in (first, second)}
    has_number = any(sign.isdigit() for sign in first + second)
    if len(types) < 2 or not has_number or not all(":" in one for one in (first, second)):
        return None
    return {"do": "link", "first": first, "second": second}


def _show(held: Held, part: str = "profile") -> Document:
    shown: Document = {"do": "show_person", "who": held["who"].id}
    if part != "profile":
        shown["part"] = part
    return shown | over(held.get("over"))


def _showing(grammar: Grammar) -> None:
    grammar.add(
        """
        (who is|who's|whos|who was) <who:who>
        (show|get|find|view|display|open|fetch|lookup|look up|see) me? the? (profile|details|record|traits|user|person|customer)? (of|for)? <who:who>
        (show|get|find|view|display|open|fetch) me? <who:who> 's? (profile|details|record|traits)
        (what do we know about|what do you know about|tell me about|tell me everything about|everything about|describe) <who:who>
        (profile|details) (of|for) <who:who>
        <who:someone>
        <who:who> 's? profile
        (who is|who's|whos|who was|what do we know about|tell me about|everything about) <who:numbered>
        """,
        _show,
        example="who is user-123?",
    )
    grammar.add(
        """
        (show|get|list|view)? me? <who:who> 's? (recent|latest)? (activity|timeline|history|events|actions) <over:window>?
        (show|get|list|view)? me? the? (recent|latest)? (activity|timeline|history|events|actions) (of|for|by|from) <who:who> <over:window>?
        (what did|what has|what's|what was|what is) <who:who> (do|done|been doing|been up to|doing|up to) <over:window>?
        (what did|what has) <who:numbered> (do|done|been doing|been up to) <over:window>?
        what (happened|has happened|is happening) (to|with) <who:who> <over:window>?
        (show|list|get|give|see)? me? (everything|all|all that|everything that|what) <who:someone> (did|has done|has been doing|was doing) <over:window>?
        """,
        lambda held: _show(held, "activity"),
        example="user-123 activity this week",
    )


def _people(held: Held) -> Document:
    return {"do": "list_people", "people": held["people"]}


def _audience(held: Held) -> Document:
    return {"do": "define_audience", "name": held["name"], "people": held["people"]}


def _populations(grammar: Grammar) -> None:
    grammar.add(
        """
        (show|list|find|get|give|fetch|display|see)? me? (a list of|the list of|all|all of)? the? <people:people>
        which <people:people>
        who <people:clauses>
        """,
        _people,
        example="users who signed up this week",
    )
    grammar.add(
        """
        (how many|count|count the|count all|number of|the number of|what is the number of|what's the number of|total number of) <people:people> (are there|do we have|exist|have we|were there)?
        how many (different|distinct|unique)? (users|people|customers) (have|had)? <people:clauses>
        """,
        lambda held: {"do": "count_people", "people": held["people"]},
        example="how many Pro users are active?",
    )
    grammar.add(
        """
        (create|define|make|save|add|build|set up|new) (an|a|the|new|a new)? (audience|segment|cohort) (called|named)? <name:name> (:|of|with|as|from|for|=|containing) <people:people>
        save <people:people> as (an|a|the)? (audience|segment) <name:name>
        """,
        _audience,
        example="create audience big-spenders: users who spent more than $500",
    )
    grammar.add(
        "(create|define|make|save|add|build|set up|new) (an|a|new|a new)? (audience|segment|cohort) (:|of|with|from|for|containing) <people:people>",
        _refuse_nameless,
        example="create audience big-spenders: users who spent more than $500",
    )
    grammar.add(
        "save <people:people> as <name:name>",
        _audience,
        example="save Pro users as audience pros",
        cost=1,
    )
    grammar.add(
        """
        (define|redefine) (the word|the term)? <name:word> (as|to mean|:|=) <people:people>
        (from now on)? <name:word> (means|shall mean|should mean) <people:people>
        let <name:word> mean <people:people>
        by <name:word> we mean <people:people>
        from now on <name:word> (means|is) <people:states>
        <name:word> means <people:states>
        """,
        lambda held: {
            "do": "define_word",
            "word": held["name"].lower(),
            "people": held["people"],
        },
        example="define churned as users inactive for 60 days",
    )


def _refuse_nameless(_: Held) -> Document:
    raise NotUnderstood(
        "An audience needs a name to be asked for by; say it before the people, such as 'create "
        "audience big-spenders: users who spent more than $500'.",
        nearest=("create audience big-spenders: users who spent more than $500",),
    )


def _definitions(grammar: Grammar) -> None:
    grammar.add(
        """
        (create|define|make|add|compute) (a|the|new|a new)? computed? trait (called|named)? <name:name> (:|as|=|of|from) the? <computation:computation> (per person|for each person|of each person|for everybody)?
        (compute|calculate|keep) <name:name> as the? <computation:computation> (per person|for each person|of each person|for everybody)?
        """,
        lambda held: {
            "do": "define_trait",
            "name": held["name"],
            "computation": held["computation"],
        },
        example="create trait total_spent: sum of revenue",
    )
    for of, said in _LISTED.items():
        grammar.add(
            f"""
            (list|show|get|what are|which are) me? (my|our|the|all|all the|all our)? ({said})
            (which|what) ({said}) (are there|do we have|exist|are defined|have we defined)
            """,
            _listing(of),
            example="list audiences",
        )


def _listing(of: str) -> Build:
    return lambda _: {"do": "list_definitions", "of": of}


_LISTED = {
    "audiences": "audiences|segments",
    "traits": "computed traits",
    "words": "definitions|defined words|own words|business words",
}


def _privacy(grammar: Grammar) -> None:
    held = "(we have|we hold|we know|we store|known|stored|that we have|that we hold|that we know)?"
    what = "(data|everything|personal data|information|records)"
    grammar.add(
        f"""
        (export|download|get|get me|give me|send me|extract|dump|hand over|hand out|save) (all|the|all the|all of the|all of)? {what} {held} (for|of|about|on) <who:who>
        (export|download|extract|get|get me|give me|save) (all|all of)? <who:someone> 's (data|personal data|information|records)
        (export|download|extract) <who:someone>
        (i need|we need|i want|get|give me|get me|send me|make|make me|create|can i have|can i get)? (a|an|the)? (full|complete)? (copy|archive|export|dump) of (all|the|all the|all of the)? {what} {held} (for|of|about|on) <who:who>
        (i need|we need|i want|get|give me|get me|send me|make|make me|create|can i have|can i get)? (a|an|the)? (full|complete)? (copy|archive|export|dump) of (all|all of)? <who:someone> 's (data|personal data|information|records)
        (gdpr|dsar)? (access request|data request) (for|of|from|by) <who:who>
        (subject access request|access request|gdpr export|data export|data request) (for|of|from) <who:who>
        """,
        lambda held: {"do": "export_person", "who": held["who"].id},
        example="export all data for user-123",
    )
    grammar.add(
        """
        (permanently|irrevocably)? (delete|erase|forget|purge) (the|this)? (user|person|customer|profile|profile of|account of)? <who:who>
        (delete|erase|remove|purge|wipe) <who:someone> from (everything|everywhere|our database|the database|our systems|all systems|all our systems|our records)
        (delete|erase|remove|purge) (all|the|all the|all of the)? (data|everything|personal data|records|information) (we have|we hold)? (for|of|about|on) <who:who>
        """,
        lambda held: {"do": "erase", "who": exact(held["who"], "Erasing")},
        example="delete user-123",
    )
    _suppressing(grammar)
    grammar.add(
        "(delete|erase|forget|purge|remove) <people:people>",
        _refuse_crowd,
        example="delete user-123",
    )


def _suppressing(grammar: Grammar) -> None:
    again = "(again|anymore|any more|any longer|from now on)?"
    grammar.add(
        f"""
        suppress (the)? (user|person|customer)? <who:who>
        (stop|quit|cease) (tracking|recording|collecting|storing) (data|events|anything|any data)? (about|of|on|from|for)? <who:who>
        (do not|don't|dont|never) (track|record|collect|store|keep) (data|events|anything|any data|any events)? (about|of|on|from|for)? <who:who> {again}
        """,
        lambda held: {"do": "suppress", "who": exact(held["who"], "Suppressing")},
        example="suppress user-123",
    )
    grammar.add(
        f"""
        unsuppress (the)? (user|person|customer)? <who:who>
        (lift|end|undo|remove) the? suppression (of|on|for) <who:who>
        (resume|restart) (tracking|recording|collecting) (data|events)? (about|of|on|from|for)? <who:who> {again}
        """,
        lambda held: {"do": "unsuppress", "who": exact(held["who"], "Suppressing")},
        example="unsuppress user-123",
    )


def _refuse_crowd(_: Held) -> Document:
    raise NotUnderstood(
        "Erasing is done one person at a time, by an exact id, such as 'delete user-123'; list the "
        "people first, and erase each.",
        nearest=("delete user-123",),
    )
