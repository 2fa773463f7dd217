"""The words of the grammar by class: verbs in all forms, nouns that head a thing, small words.

Data only. A word that is in none of the classes is a name, or the content of a message, or
something the speaker made up; whether that is allowed is for the rule that meets it.
"""

from __future__ import annotations

from functools import cache

from headwater.language.inflection import Form, forms_of

_VERBS = """
abandon accept access acknowledge activate add adopt advance agree announce answer appear apply
approve archive arrive ask assign attach attempt attend authorize authorise automate award back
bake ban base block book bookmark boost bounce browse bump call cancel capture change charge chat
check churn claim clean clear click clone close collaborate collect comment commit compare
complain complete compose configure confirm connect contact contribute convert copy correct crash
create customize customise deactivate debug decline decrease define delete deliver demote deploy
describe design detect develop disable discard discover dismiss discuss dispatch dispute document
double downgrade download draft drop duplicate earn edit email embed employ enable encounter end
engage enrol enroll enter escalate estimate evaluate exceed exchange exit expand expire explore
export extend fail favorite favourite file fill filter finish finalize finalise fix flag follow
force forward fork fund generate grant group guess handle help highlight hire host identify ignore
implement import improve increase index inform initiate inspect install integrate interact
interview investigate invite invoice issue join jump kick label land launch like limit link list
listen load live locate lock log look lower mail manage map mark match measure mention merge
message migrate miss mock modify monitor move mute name navigate need nominate note notify observe
offer onboard open opt optimize optimise order organize organise own pack paste patch pause
perform ping pin place plan play post postpone prefer prepare press preview print prioritize
process produce profile promote propose prototype provide provision publish pull purchase push
qualify query question queue raise rank rate reach reactivate receive recommend reconnect record
recover redeem redesign reduce refactor refer refill refine refresh refund register reject release
reload remind remove rename renew renovate reopen reorder repair replace reply report repost
request research reserve reside resize resolve respond restart restore resume retry return revert
review revoke reward roll rotate save scale scan schedule score scroll search secure select share
ship shorten sign simplify sketch skip solve sort spam spot stage star start state stop store
stream study style submit subscribe suggest summarize summarise support suspend swap sweep switch
sync tag tap talk target test tighten toggle touch track train transcribe transfer translate trash
travel trigger troubleshoot try tune turn type unblock uninstall unlock unpin unsubscribe update
upgrade upload use validate verify view visit vote wait walk want watch wish work wrap zoom
"""


@cache
def verbs() -> dict[str, Form]:
    """Answer every form of every verb; made at the first use, to keep the import short."""
    return forms_of(_VERBS.split())


PARTICLES = frozenset({"up", "in", "out", "off", "on", "down", "over", "back", "away", "through"})

DETERMINERS = frozenset(
    {"a", "an", "the", "my", "our", "their", "his", "her", "its", "this", "that", "some", "any"}
    | {"your", "these", "those"}
)
AUXILIARIES = frozenset(
    {"has", "have", "had", "was", "were", "just", "already", "recently", "then", "also", "did"}
    | {"been", "is", "are", "be", "got", "successfully", "finally", "'ve", "do", "does", "now"}
)
NEGATIONS = frozenset(
    {"never", "not", "haven't", "havent", "hasn't", "hasnt", "didn't", "didnt", "don't", "dont"}
    | {"doesn't", "doesnt", "hadn't", "hadnt", "isn't", "isnt", "aren't", "arent", "wasn't"}
    | {"weren't", "wasnt", "werent", "cannot", "can't", "cant", "won't", "wont"}
)
PREPOSITIONS = frozenset(
    {"from", "to", "for", "with", "without", "on", "in", "at", "by", "via", "using", "through"}
    | {"about", "of", "into", "onto", "as", "after", "before", "during", "since", "until"}
    | {
        "against",
        "over",
        "under",
        "per",
        "within",
        "between",
        "regarding",
        "called",
        "named",
        "because",
    }
)
PRONOUNS = frozenset(
    {"i", "you", "he", "she", "it", "we", "they", "me", "him", "her", "us", "them"}
)
DESTRUCTIVE = frozenset(
    {"delete", "erase", "forget", "purge", "wipe", "destroy", "merge", "suppress", "truncate"}
    | {"remove", "drop", "nuke", "obliterate"}
)
"""Orders that cannot be taken back; where one follows a sentence, it is no part of it."""

CONJUNCTIONS = frozenset({"and", "or", "but", "then", "plus", "&"})

# What a group of people is called; never anybody's name.
CROWDS = frozenset(
    {"users", "customers", "people", "agents", "leads", "visitors", "members", "subscribers"}
    | {"user", "customer", "person", "agent", "lead", "visitor", "member", "subscriber", "folks"}
    | {"everyone", "everybody", "anyone", "anybody", "contacts", "contact", "clients", "persons"}
    | {"shoppers", "shopper", "buyers", "buyer", "ones", "profiles", "accounts", "prospects"}
    | {"somebody", "someone", "nobody", "client", "prospect", "tester", "testers"}
)

# Nouns that say what kind of thing something is: an event about one is named for it.
_KINDS = """
    account action address alert announcement answer app application article asset badge banner bill
    blog board book booking branch brief budget bug build button calendar call campaign card cart
    case category channel chart chat checklist code collection comment company contract contest
    conversation course credential dashboard data database dataset deal demo deployment design
    deploy device discussion doc document documentation domain draft email employee endpoint entry
    episode error estimate event experiment feature feedback field file filter flag folder form
    game goal guide image incident integration interview invite invitation invoice issue item job
    key lesson level library license licence limit link list listing meeting meetup member
    membership message migration milestone model module note notification notice order
    organization package page password payment permission phone photo pipeline plan planning
    playlist podcast poll popup portfolio post presentation problem product profile project prompt
    proposal prototype pull-request purchase query question quiz quota quote ranking rating
    receipt record recording referral release reminder repo report repository reservation
    review reward roadmap role room rule schedule screen seat section security segment service
    session settings shipment site slide song spreadsheet sprint status story strategy
    subscription subtask suite support survey table tag task teammate team template test ticket
    tool topic tour track training transaction trial tutorial update upgrade url usage user
    version video view visit vote voucher wallet webhook webinar window wishlist
    workflow workshop workspace pr mr
"""
KINDS = frozenset(_KINDS.split())

# Small words, and words of orders and questions, that no person is called.
_SMALL = """
    truncate drop wipe destroy kill remove purge nuke obliterate
    i you he she it we they me him us them who whom whose what which where when why how all every
    each both no none nothing there here if than so very too not only new old most more less least
    best worst top bottom last next first past previous yesterday today tomorrow tonight now week
    month year day hour minute quarter please can could would should will shall may might must let
    yes ok hello hi hey thanks thank wanna want sms push mail whatsapp webhook channel notification
    in-app revenue conversion conversions churn retention funnel signups purchases orders new active
    inactive churned mobile desktop subject lines template sequence journey workflow campaign
"""
SMALL = frozenset(_SMALL.split())

SMALL_WORDS = (
    PARTICLES
    | DETERMINERS
    | AUXILIARIES
    | NEGATIONS
    | PREPOSITIONS
    | CONJUNCTIONS
    | CROWDS
    | KINDS
    | SMALL
)
"""Every word of the classes above but verbs."""
