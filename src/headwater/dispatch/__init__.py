"""Drives actors that live in databases of their own, through the `Actors` and `Queue` ports.

Actors never call each other. Whoever runs this (a request, a queue's consumer, an alarm) carries
requests from actor to actor, and commands to their consumers; it may die at any step, as each
actor's own database knows what is still to be done.
"""
