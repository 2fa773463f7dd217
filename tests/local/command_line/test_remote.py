"""Which server a command talks to, with which key, and what it says when that fails."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from headwater.local.command_line.remote import Address, Remote, find_server, segment
from headwater.local.command_line.trouble import REFUSED, UNREACHABLE, USAGE, Trouble
from headwater.local.data_directory import Connection, DataDirectory

SAVED = "http://127.0.0.1:4000"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data folder of a server on this machine."""
    DataDirectory(tmp_path).save_connection(Connection(SAVED, "saved-key"))
    return tmp_path


@pytest.mark.parametrize(
    ("url", "key", "environment", "expected"),
    [
        (None, None, {}, (SAVED, "saved-key")),
        (SAVED + "/", None, {}, (SAVED, "saved-key")),
        (None, "flag", {}, (SAVED, "flag")),
        ("http://a", "flag", {}, ("http://a", "flag")),
        ("http://a", "flag", {"HEADWATER_URL": "http://b"}, ("http://a", "flag")),
        (
            None,
            None,
            {"HEADWATER_URL": "http://b", "HEADWATER_ADMIN_KEY": "var"},
            ("http://b", "var"),
        ),
        (None, None, {"HEADWATER_URL": "", "HEADWATER_ADMIN_KEY": ""}, (SAVED, "saved-key")),
    ],
)
def test_the_order_of_sources(
    data: Path,
    url: str | None,
    key: str | None,
    environment: dict[str, str],
    expected: tuple[str, str],
) -> None:
    """Flags win over variables, variables over what the server here wrote down."""
    found = find_server(url=url, key=key, data=data, environment=environment)

    assert (found.url, found.admin_key) == expected


def test_a_saved_key_goes_to_no_other_address(data: Path) -> None:
    """The key of this machine's server is not handed to another server."""
    with pytest.raises(Trouble, match="No admin key was given for http://elsewhere"):
        find_server(url="http://elsewhere.example", key=None, data=data, environment={})


def test_the_data_folder_comes_from_the_settings(data: Path) -> None:
    """Without --data it is where the settings say."""
    found = find_server(url=None, key=None, data=None, environment={"HEADWATER_DATA": str(data)})

    assert found.url == SAVED


def remote(answer: httpx.Response | Exception) -> Remote:
    """Make a remote whose server always does the same."""

    def handle(_request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Remote(Address("http://test", "k"), transport=httpx.MockTransport(handle))


@pytest.mark.parametrize(
    ("answer", "exit_code", "message"),
    [
        (httpx.Response(404, json={"code": "x", "message": "Nobody."}), REFUSED, "Nobody."),
        (httpx.Response(502, text="<html>Bad Gateway</html>"), REFUSED, "answered 502"),
        (httpx.Response(500, json=[1]), REFUSED, "answered 500"),
        (httpx.ConnectError("refused"), UNREACHABLE, "Cannot reach http://test: refused"),
        (httpx.ReadTimeout(""), UNREACHABLE, "Cannot reach http://test: ReadTimeout"),
        (httpx.UnsupportedProtocol("x"), USAGE, "is no address of a server"),
    ],
)
def test_what_goes_wrong_has_an_exit_code(
    answer: httpx.Response | Exception, exit_code: int, message: str
) -> None:
    """The server's own message where there is one; else what happened."""
    with pytest.raises(Trouble, match=message) as trouble:
        remote(answer).get("/v1/status")

    assert trouble.value.exit_code == exit_code


def test_an_answer_that_is_not_json_is_told(data: Path) -> None:
    """Something else may listen at the address."""
    with pytest.raises(Trouble, match="not as Headwater does"):
        remote(httpx.Response(200, text="<html>hello</html>")).get("/v1/status")


def test_an_identifier_is_one_segment_of_a_path() -> None:
    """Slashes and signs in it do not make another path."""
    assert segment("user_id:a/b?c#d%") == "user_id%3Aa%2Fb%3Fc%23d%25"
