"""Plain language becomes a typed plan, by a deterministic grammar and no model.

`Language.read` answers readings of a text as plan documents (plain JSON values), so that the
grammar imports nothing heavy; `plan.read_plan` makes the typed plan of one. From text to plan:

    tokens      typed spans: ids, emails, money, dates, quoted texts, bound values
    lexicon     word classes, inflection, and the vocabulary of events: all of it data
    phrase      one text being read: tokens, a position, what was corrected, how far it got
    windows, quantities, things, subjects, predicates, populations: parts of speech
    statements  what can be said, each with the act that it becomes
"""
