"""Settings: their order, their origins, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from headwater.settings import Settings, SettingsError, SettingsInForce, declared, read_settings


def read(
    *,
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    file: Mapping[str, Any] | None = None,
) -> SettingsInForce:
    """Read with what the test names, and nothing else."""
    return read_settings(flags=flags or {}, environment=environment or {}, file=file or {})


def test_nothing_given_is_the_defaults() -> None:
    """Without any source each setting has its default and says so."""
    in_force = read()

    assert in_force.settings == Settings()
    assert set(in_force.origins.values()) == {"default"}
    assert in_force.settings.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("given", "port", "origin"),
    [
        (("flag", "variable", "file"), 1, "--port"),
        (("variable", "file"), 2, "HEADWATER_PORT"),
        (("file",), 3, "headwater.toml"),
        ((), 8080, "default"),
    ],
)
def test_the_order_of_sources(given: tuple[str, ...], port: int, origin: str) -> None:
    """A flag wins over a variable, a variable over the file, the file over the default."""
    in_force = read(
        flags={"port": 1 if "flag" in given else None},
        environment={"HEADWATER_PORT": "2"} if "variable" in given else {},
        file={"port": 3} if "file" in given else {},
    )

    assert (in_force.settings.port, in_force.origins["port"]) == (port, origin)


def test_an_empty_variable_is_not_set() -> None:
    """Compose files pass `VAR=` for what is not set."""
    in_force = read(environment={"HEADWATER_ADMIN_KEY": ""})

    assert in_force.settings.admin_key is None
    assert in_force.origins["admin_key"] == "default"


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("host", " 0.0.0.0 ", "0.0.0.0"),
        ("port", "0", 0),
        ("log_level", "DEBUG", "debug"),
        ("shutdown_grace", "2.5", 2.5),
        ("allow_private_networks", "true", True),
        ("allow_private_networks", "no", False),
        ("allow_private_networks", "10.0.0.0/8, fd00::/8", ("10.0.0.0/8", "fd00::/8")),
        ("trusted_proxies", "127.0.0.1", ("127.0.0.1/32",)),
        ("max_event_bytes", "65536", 65536),
    ],
)
def test_values_from_variables(name: str, raw: str, expected: Any) -> None:
    """A variable is text; its setting has the declared type."""
    in_force = read(environment={f"HEADWATER_{name.upper()}": raw})

    assert getattr(in_force.settings, name) == expected


@pytest.mark.parametrize(
    ("name", "raw", "expected"),
    [
        ("port", 9000, 9000),
        ("shutdown_grace", 3, 3.0),
        ("allow_private_networks", True, True),
        ("allow_private_networks", ["10.0.0.0/8"], ("10.0.0.0/8",)),
        ("trusted_proxies", [], ()),
    ],
)
def test_values_from_the_file(name: str, raw: Any, expected: Any) -> None:
    """TOML has types of its own."""
    assert getattr(read(file={name: raw}).settings, name) == expected


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("host", "   "),
        ("port", "http"),
        ("port", "65536"),
        ("port", "-1"),
        ("log_level", "loud"),
        ("log_format", "xml"),
        ("shutdown_grace", "soon"),
        ("shutdown_grace", "nan"),
        ("shutdown_grace", "-1"),
        ("allow_private_networks", "maybe"),
        ("trusted_proxies", "10.0.0.1/8"),
        ("trusted_proxies", "everyone"),
        ("max_depth", "1000000"),
        ("write_key", "short"),
        ("write_key", "with a blank"),
        ("admin_key", "schlüssel-des-hauses"),
    ],
)
def test_a_value_that_cannot_be_used(name: str, raw: str) -> None:
    """The error names the source and the setting, and says what would do."""
    variable = f"HEADWATER_{name.upper()}"
    with pytest.raises(SettingsError, match=rf"^{variable}: {name} must be .+; .+ is not\.$"):
        read(environment={variable: raw})


@pytest.mark.parametrize(
    ("name", "raw"), [("port", True), ("port", 1.5), ("host", 1), ("trusted_proxies", 5)]
)
def test_a_value_of_the_wrong_type_in_the_file(name: str, raw: Any) -> None:
    """TOML's types are checked as well, and the file is named."""
    with pytest.raises(SettingsError, match=rf"^headwater\.toml: {name} must be "):
        read(file={name: raw})


def test_a_secret_is_not_repeated_in_the_error() -> None:
    """A key that is refused does not end up in a log."""
    with pytest.raises(SettingsError) as error:
        read(environment={"HEADWATER_ADMIN_KEY": "se cret"})

    assert "se cret" not in str(error.value)


def test_an_unknown_name_in_the_file_is_an_error() -> None:
    """A typing error in the file is named together with the nearest setting."""
    with pytest.raises(SettingsError, match=r"'prot' is no setting \(did you mean port\?\)"):
        read(file={"prot": 1})


def test_an_unknown_variable_is_a_warning() -> None:
    """Other programs may own HEADWATER_ variables; what looks like a mistake is pointed out."""
    in_force = read(
        environment={"HEADWATER_PROT": "1", "HEADWATER_CONFIG": "x", "HEADWATER_URL": "y"}
    )

    assert in_force.warnings == (
        "The variable HEADWATER_PROT is no setting (did you mean HEADWATER_PORT?); it is ignored.",
    )


def test_every_setting_explains_itself() -> None:
    """Each has one line of description, and what is a key is marked as a secret."""
    for one in declared():
        assert one.metadata["description"].endswith("."), one.name
        assert "\n" not in one.metadata["description"]
        assert one.metadata["secret"] == one.name.endswith("_key")
