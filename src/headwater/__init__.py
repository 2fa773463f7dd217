"""Headwater: customer data platform and messaging engine in one, on infrastructure that you own."""

__version__ = "0.1.0"
