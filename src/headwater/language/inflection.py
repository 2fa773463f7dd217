"""English inflection: a verb's forms, and a noun's singular, both spellings of English."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

PAST, PERFECT, BASE, PRESENT, PROGRESSIVE = "past", "perfect", "base", "present", "progressive"

_VOWELS = frozenset("aeiou")

_IRREGULAR = """
be was been; become became become; begin began begun; bind bound bound; bite bit bitten; blow blew blown;
break broke broken; bring brought brought; build built built; buy bought bought; catch caught caught;
choose chose chosen; come came come; cut cut cut; deal dealt dealt; dig dug dug; do did done;
draw drew drawn; drink drank drunk; drive drove driven; eat ate eaten; fall fell fallen; feed fed fed;
feel felt felt; fight fought fought; find found found; fly flew flown; forget forgot forgotten;
freeze froze frozen; get got got; give gave given; go went gone; grow grew grown; hang hung hung;
have had had; hear heard heard; hide hid hidden; hit hit hit; hold held held; keep kept kept;
know knew known; lead led led; learn learned learned; leave left left; lend lent lent; let let let;
light lit lit; lose lost lost; make made made; mean meant meant; meet met met; overrun overran overrun;
pay paid paid; put put put; quit quit quit; read read read; rebuild rebuilt rebuilt; reset reset reset;
ride rode ridden; ring rang rung; rise rose risen; run ran run; say said said; see saw seen;
sell sold sold; send sent sent; set set set; shake shook shaken; shoot shot shot; show showed shown;
shut shut shut; sing sang sung; sink sank sunk; sit sat sat; sleep slept slept; speak spoke spoken;
spend spent spent; spin spun spun; split split split; stand stood stood; steal stole stolen;
stick stuck stuck; strike struck struck; swim swam swum; take took taken; teach taught taught;
tell told told; think thought thought; throw threw thrown; understand understood understood;
undo undid undone; upset upset upset; wake woke woken; wear wore worn; win won won;
withdraw withdrew withdrawn; write wrote written; rewrite rewrote rewritten; outgrow outgrew outgrown
"""  # noqa: E501 - a table

# Regular, but the last consonant is doubled although more than one syllable comes before it.
_DOUBLED = frozenset({"submit", "commit", "permit", "refer", "transfer", "prefer", "opt", "unpin"})
# British English doubles these, American English does not: both are read.
_BOTH = frozenset({"cancel", "label", "travel", "model", "enrol", "channel", "signal", "total"})


class Form(NamedTuple):
    """A verb's form. `tenses` holds all that it can be: `hit` is past, perfect and base."""

    lemma: str
    tenses: frozenset[str]


@cache
def _irregular() -> dict[str, tuple[str, str]]:
    table = {}
    for row in _IRREGULAR.split(";"):
        lemma, past, perfect = row.split()
        table[lemma] = (past, perfect)
    return table


def forms_of(lemmas: list[str]) -> dict[str, Form]:
    """Answer every form of these verbs, and of all irregular ones, with its lemma."""
    irregular = _irregular()
    tenses: dict[str, tuple[str, set[str]]] = {}

    def add(word: str, lemma: str, *names: str) -> None:
        tenses.setdefault(word, (lemma, set()))[1].update(names)

    for lemma in dict.fromkeys([*lemmas, *irregular]):
        add(lemma, lemma, BASE)
        add(third_person(lemma), lemma, PRESENT)
        if lemma in irregular:
            past, perfect = irregular[lemma]
            add(past, lemma, PAST)
            add(perfect, lemma, PERFECT)
            add(_with_ending(lemma, "ing")[0], lemma, PROGRESSIVE)
        else:
            for past in _with_ending(lemma, "ed"):
                add(past, lemma, PAST, PERFECT)
            for progressive in _with_ending(lemma, "ing"):
                add(progressive, lemma, PROGRESSIVE)
    return {word: Form(lemma, frozenset(names)) for word, (lemma, names) in tenses.items()}


def third_person(lemma: str) -> str:
    """Answer `views` for `view`; the plural of a noun is made the same way."""
    if lemma.endswith("y") and lemma[-2:-1] not in _VOWELS:
        return lemma[:-1] + "ies"
    return lemma + ("es" if lemma.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")


def _with_ending(lemma: str, ending: str) -> list[str]:
    if ending == "ing" and lemma.endswith("e") and not lemma.endswith(("ee", "oe", "ye")):
        return [lemma[:-1] + ending]
    if ending == "ed" and lemma.endswith("e"):
        return [lemma + "d"]
    if ending == "ed" and lemma.endswith("y") and lemma[-2:-1] not in _VOWELS:
        return [lemma[:-1] + "ied"]
    if lemma in _BOTH:
        return [lemma + ending, lemma + lemma[-1] + ending]
    if _doubles(lemma):
        return [lemma + lemma[-1] + ending]
    return [lemma + ending]


def _doubles(lemma: str) -> bool:
    if lemma in _DOUBLED and not lemma.endswith("pt"):
        return True
    if len(lemma) < 3 or lemma[-1] in _VOWELS | set("wxy") or lemma[-2] not in _VOWELS:
        return False
    syllables = sum(
        1 for at, sign in enumerate(lemma) if sign in _VOWELS and lemma[at - 1 : at] not in _VOWELS
    )
    return lemma[-3] not in _VOWELS and syllables == 1


def past_of(lemma: str) -> str:
    """Answer the participle that names an event: `completed`, `sent`, `cancelled`."""
    irregular = _irregular().get(lemma)
    return irregular[1] if irregular else _with_ending(lemma, "ed")[-1]


def singular(noun: str) -> str:
    """Answer `user` for `users`; a word that is no plural stays."""
    if noun in _PLURALS:
        return _PLURALS[noun]
    if len(noun) < 4 or not noun.endswith("s") or noun.endswith(("ss", "us", "is", "news")):
        return noun
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    if noun.endswith(("ches", "shes", "xes", "sses", "zes")):
        return noun[:-2]
    return noun[:-1]


_PLURALS = {"people": "person", "analyses": "analysis", "series": "series", "movies": "movie"}


def regular_past(word: str) -> str | None:
    """Answer the lemma of a word that looks like a regular past tense, or None."""
    if len(word) < 5 or not word.endswith("ed") or not word.isalpha():
        return None
    stem = word[:-2]
    if stem.endswith("i"):
        return stem[:-1] + "y"
    if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "lsz":
        return stem[:-1]
    return stem
