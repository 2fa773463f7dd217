"""The patterns that texts of requests must have, and each in words for whoever wrote another."""

from __future__ import annotations

from collections.abc import Mapping

from headwater.actors.registry import WORKSPACE_PATTERN

NUMBER = r"^[0-9]{1,18}$"
KEY = r"^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$"
IDENTIFIER_TYPE = r"^[a-z0-9][a-z0-9_.]{0,63}$"
COUNTRY = r"^[A-Z]{2}$"

IN_WORDS: Mapping[str, str] = {
    NUMBER: "be a whole number, such as 17",
    KEY: "be 1 to 100 letters (a to z), digits, _ and -, and not begin with -",
    IDENTIFIER_TYPE: "be 1 to 64 small letters (a to z), digits, _ and ., and begin with a letter "
    "or digit",
    COUNTRY: "be a country's two capital letters (ISO 3166), such as DE",
    WORKSPACE_PATTERN: "be 1 to 63 small letters (a to z), digits, _ and -, and begin with a "
    "letter or digit",
}
