"""The events that words name, in Segment's own vocabulary where it has one.

Sources: Segment's specifications for e-commerce v2, B2B SaaS, email, video and mobile
(https://segment.com/docs/connections/spec/, names as of 2026). A row of the table:

    name | ways to say it | nouns | property of its thing | property of money

A way is a verb, perhaps a particle, and after `:` the nouns that its thing may be headed by
(`complete : order|purchase`); `to:cart` asks for a complement, and `*` lets the object be anything.
Where several rows fit, the most particular wins. `-` stands for none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from headwater.language.inflection import third_person


class Way(NamedTuple):
    """One way to say that an event happened.

    Attributes:
        lemma: the verb.
        particle: what stands right behind it, or behind its object.
        nouns: what its object must be headed by; empty: see `takes_any`.
        complement: a preposition and the nouns that must follow it.
        takes_any: whether its object may be anything; else it must be none, or a plan.
    """

    lemma: str
    particle: str | None
    nouns: frozenset[str]
    complement: tuple[str, frozenset[str]] | None
    takes_any: bool

    @property
    def weight(self) -> int:
        """How particular it is."""
        particle = 2 if self.particle else 0
        return 1 + particle + (2 if self.nouns else 0) + (2 if self.complement else 0)


class EventWord(NamedTuple):
    """One event, and how people speak of it.

    Attributes:
        name: as it is stored.
        ways: how it is said in a sentence.
        nouns: what it is called as a thing, singular: `signup`.
        thing: the property that its object goes to; None: named for the object's head.
        money: the property that an amount without a name goes to.
    """

    name: str
    ways: tuple[Way, ...]
    nouns: tuple[str, ...]
    thing: str | None
    money: str


_TABLE = """
Signed Up | sign up; signup; register; register : account; create : account|profile; open : account; join | signup sign-up registration | plan | amount
Signed In | sign in; log in; log on; login; log back | login sign-in signin log-in | method | amount
Signed Out | sign out; log out; logout | logout sign-out | method | amount
Account Deleted | delete : account; close : account | account-deletion | reason | amount
Invite Sent | invite *; send : invite|invitation | invite invitation | invitee | amount
Referral Sent | refer * | referral | referred | amount
Order Completed | complete : order|purchase|checkout; finish : order|purchase|checkout; place : order; purchase *; buy *; order *; make : purchase|order; pay : order; check out; spend on:order|purchase | purchase order checkout-completion transaction | product | revenue
Order Updated | update : order; change : order; edit : order | order-update | order | revenue
Order Cancelled | cancel : order|purchase | order-cancellation cancelled-order canceled-order | reason | total
Order Refunded | refund; refund : order|purchase; return : order|purchase; request : refund; get : refund | refund return | order | total
Order Shipped | ship : order; send : order | shipment order-shipped | order | total
Checkout Started | start : checkout; begin : checkout; initiate : checkout; enter : checkout; open : checkout; go to:checkout | checkout checkout-start | checkout | value
Checkout Abandoned | abandon : checkout; leave : checkout | abandoned-checkout checkout-abandonment | checkout | value
Cart Viewed | view : cart|basket|bag; open : cart|basket|bag | cart-view | cart | value
Cart Abandoned | abandon : cart|basket|bag; leave : cart|basket|bag | abandoned-cart cart-abandonment abandoned-basket | cart | value
Product Viewed | view; view : product|item; look at:product|item; see : product|item; visit : product|item | product-view | product | price
Product Added | add to:cart|basket|bag; put in:cart|basket|bag; put into:cart|basket|bag; add : product | add-to-cart | product | price
Product Removed | remove from:cart|basket|bag; take from:cart|basket|bag; drop from:cart|basket|bag; remove : product | cart-removal | product | price
Product Added to Wishlist | add to:wishlist; save to:wishlist; put on:wishlist | wishlist-add | product | price
Product Clicked | click : product | product-click | product | price
Product Shared | share : product | product-share | product | price
Product Reviewed | review : product|item|purchase; rate : product|item|purchase | product-review | product | price
Products Searched | search for *; search *; look for * | search product-search | query | amount
Coupon Applied | apply : coupon|code|voucher|promo; use : coupon|voucher|promo; redeem : coupon|code|voucher|promo; redeem * | coupon | coupon | discount
Payment Info Entered | enter : payment; add : payment|card | payment-info | payment_method | amount
Payment Failed | fail : payment|charge|card | failed-payment payment-failure | payment_method | amount
Payment Succeeded | make : payment; succeed : payment; complete : payment; send : payment; pay | payment | invoice | amount
Trial Started | start : trial; begin : trial; activate : trial; sign up for:trial | trial trial-start free-trial | plan | amount
Trial Ended | end : trial; expire : trial; finish : trial; complete : trial | trial-end trial-expiry | plan | amount
Subscription Started | subscribe; subscribe to *; start : subscription|plan|membership; buy : subscription|plan|membership; purchase : subscription|plan|membership; activate : subscription; take out : subscription|plan|membership; take : subscription|plan|membership | subscription | plan | price
Subscription Renewed | renew; renew : subscription|plan|membership | renewal subscription-renewal | plan | price
Subscription Cancelled | cancel; cancel : subscription|plan|membership|account; end : subscription|membership; stop : subscription | cancellation cancelation subscription-cancellation | plan | price
Churned | churn | churn | reason | amount
Plan Upgraded | upgrade; upgrade : plan|subscription|account; move up; switch up; step up; go up | upgrade plan-upgrade | plan | price
Plan Downgraded | downgrade; downgrade : plan|subscription|account; move down; switch down; step down; go down | downgrade plan-downgrade | plan | price
Plan Changed | switch : plan; change : plan; switch; move to:plan|tier; switch to:plan|tier; go to:plan|tier; change to:plan|tier | plan-change | plan | price
Feature Used | use : feature; use *; try : feature; use : tool | feature-use feature-usage | feature | amount
Onboarding Completed | complete : onboarding|setup|tour; finish : onboarding|setup|tour | onboarding-completion | onboarding | amount
Onboarding Started | start : onboarding|setup|tour; begin : onboarding|setup|tour | onboarding-start | onboarding | amount
Activated | activate | activation | what | amount
Email Opened | open : email|newsletter|mail; read : email|newsletter | email-open open | email | amount
Email Link Clicked | click : link in:email|newsletter; click in:email|newsletter | email-click | link | amount
Email Bounced | bounce; bounce : email | bounce email-bounce | email | amount
Unsubscribed | unsubscribe; unsubscribe from *; opt out | unsubscribe unsubscription opt-out | list | amount
Email Marked as Spam | mark as:spam; report as:spam | spam-report | email | amount
Application Installed | install : app|application; install * | install installation | app | amount
Application Opened | open : app|application; launch : app|application | app-open | app | amount
Application Updated | update : app|application | app-update | app | amount
Application Crashed | crash : app|application; crash | crash app-crash | app | amount
Application Uninstalled | uninstall : app|application; uninstall | uninstall | app | amount
Video Playback Started | play : video; watch : video; start : video | video-play video-view | video | amount
Video Playback Paused | pause : video | video-pause | video | amount
Video Playback Completed | finish : video; complete : video | video-completion | video | amount
Video Content Completed | watch : webinar | webinar-view | webinar | amount
Form Submitted | submit : form; fill out:form; fill in:form; fill : form; complete : form | form-submission form-submit submission lead | form | amount
Button Clicked | click : button|cta; press : button|cta; tap : button|cta; hit : button|cta; click on:button|cta; tap on:button|cta; press on:button|cta | button-click | button | amount
Link Clicked | click : link; click on:link; follow : link | link-click | link | amount
API Called | call : api; make : api-call | api-call | endpoint | amount
Error Occurred | hit : error; get : error; encounter : error; see : error; face : error | error exception failure | error | amount
Demo Requested | request : demo; book : demo; schedule : demo | demo demo-request | demo | amount
Webinar Registered | register for:webinar; sign up for:webinar | webinar-registration | webinar | amount
Webinar Attended | attend : webinar; join : webinar | webinar-attendance webinar | webinar | amount
File Downloaded | download : file|pdf|ebook|report|whitepaper; download * | download | file | amount
Experiment Viewed | view : experiment|variation|variant | experiment-view | experiment | amount
Promotion Viewed | view : promotion|banner|promo | promotion-view | promotion | amount
Promotion Clicked | click : promotion|banner|promo | promotion-click | promotion | amount
"""  # noqa: E501 - a table


def event_words(table: str = _TABLE) -> tuple[EventWord, ...]:
    """Answer the rows of a table of events."""
    return tuple(_row(line) for line in table.strip().splitlines())


def _row(line: str) -> EventWord:
    # Nouns within a way are parted by `|` too, without blanks around it.
    name, ways, nouns, thing, money = line.split(" | ")
    return EventWord(
        name,
        tuple(_way(one.strip()) for one in ways.split(";")),
        tuple(nouns.split()) if nouns != "-" else (),
        None if thing == "-" else thing,
        money,
    )


def _way(text: str) -> Way:
    lemma, *rest = text.split()
    particle: str | None = None
    nouns: frozenset[str] = frozenset()
    complement: tuple[str, frozenset[str]] | None = None
    waits_for_nouns = takes_any = False
    for part in rest:
        if part == ":":
            waits_for_nouns = True
        elif part == "*":
            takes_any = True
        elif waits_for_nouns:
            nouns, waits_for_nouns = frozenset(part.split("|")), False
        elif ":" in part:
            preposition, _, heads = part.partition(":")
            complement = (preposition, frozenset(heads.split("|")))
        else:
            particle = part
    return Way(lemma, particle, nouns, complement, takes_any)


def by_lemma(words: Iterable[EventWord]) -> dict[str, list[tuple[Way, EventWord]]]:
    """Answer the ways that begin with each verb, the most particular first."""
    found: dict[str, list[tuple[Way, EventWord]]] = {}
    for word in words:
        for way in word.ways:
            found.setdefault(way.lemma, []).append((way, word))
    for ways in found.values():
        ways.sort(key=lambda pair: -pair[0].weight)
    return found


def by_noun(words: Iterable[EventWord]) -> dict[str, EventWord]:
    """Answer the events by what they are called as a thing, one or many, `-` also as a blank."""
    found: dict[str, EventWord] = {}
    for word in words:
        for noun in word.nouns:
            for form in (noun, third_person(noun)):
                found.setdefault(form.replace("-", " "), word)
                found.setdefault(form, word)
    for word in words:
        found.setdefault(word.name.lower(), word)
    return found
