"""A real S3 server, SeaweedFS, on loopback; and a way there on which requests get lost."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.server import free_port

BUCKET = "lake"
KEY, SECRET = "key-of-the-tests", "secret-of-the-tests"


class S3Server:
    """`weed server` over a folder, with one bucket. Use it as a context manager.

    Attributes:
        url: its endpoint.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports: list[int] = []
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._tries_left = 3

    def environment(self, url: str | None = None) -> dict[str, str]:
        """Answer what boto3 reads to get here, or by way of `url`."""
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL_S3": url or self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def __enter__(self) -> Self:
        # Somebody else may take a port between its choice and its use.
        while not self._started():
            self._tries_left -= 1
        return self

    def _started(self) -> bool:
        """Start it on ports of its own; answer whether it came up."""
        self._ports = [free_port() for _ in range(8)]
        self.url = f"http://127.0.0.1:{self._ports[6]}"
        self._folder.mkdir(parents=True, exist_ok=True)
        users = self._folder / "users.json"
        identity = {
            "name": "tests",
            "credentials": [{"accessKey": KEY, "secretKey": SECRET}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        users.write_text(json.dumps({"identities": [identity]}))
        names = ("master", "volume", "filer", "s3")
        ports = [
            f"-{name}.port{grpc}={self._ports[2 * place + bool(grpc)]}"
            for place, name in enumerate(names)
            for grpc in ("", ".grpc")
        ]
        weed = Path(sys.executable).with_name("weed")
        command = [str(weed), "server", f"-dir={self._folder}", "-ip=127.0.0.1", *ports]
        command += ["-filer", "-s3", f"-s3.config={users}", "-ip.bind=127.0.0.1"]
        command += [
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-master.volumeSizeLimitMB=64",
            "-volume.max=20",
        ]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)
        return self._made_bucket()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def client(self, *, tries: int = 5, patience: float = 30.0) -> Any:
        """Answer a client of boto3's, to be closed; an answer may take `patience` seconds."""
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
            config=Config(
                retries={"total_max_attempts": tries}, connect_timeout=2, read_timeout=patience
            ),
        )

    def _made_bucket(self) -> bool:
        assert self._process is not None
        client = self.client(tries=1, patience=5)
        deadline = time.monotonic() + 60
        while True:
            try:
                client.create_bucket(Bucket=BUCKET)
                client.put_object(Bucket=BUCKET, Key="ready", Body=b"")
                client.delete_object(Bucket=BUCKET, Key="ready")
            except (BotoCoreError, ClientError) as failure:
                exists = "BucketAlready" in str(failure)
                if self._process.poll() is not None and self._tries_left:
                    return False
                if time.monotonic() > deadline and not exists:
                    log = (self._folder / "log").read_text(errors="replace")
                    raise AssertionError(f"no S3 server: {failure}\n{log[-3000:]}") from failure
                time.sleep(0.1)
            else:
                client.close()
                return True


class RoughRoad:
    """A proxy on which of a hundred requests so many go wrong, in one of five ways.

    They are told 503; or hang until the client has had enough; or the connection breaks before
    the request has got there, half way through its body, or when the answer should come.

    Attributes:
        failing: of a hundred.
        seen: how often each went wrong.
    """

    WAYS = ("503", "hang", "refuse", "half", "lost")

    def __init__(self, upstream: str, *, seed: int = 0, hang: float = 3.0) -> None:
        """Begin; `hang` is in seconds, longer than the client's patience."""
        self.failing = 0
        self.seen = dict.fromkeys(self.WAYS, 0)
        self._random = Random(seed)
        self._hang = hang
        self._host = upstream.removeprefix("http://")
        road = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                road.pass_on(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more requests."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        """Pass a request on, or let it go wrong."""
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        way = None
        if self._random.randrange(100) < self.failing:
            way = self._random.choice(self.WAYS)
            self.seen[way] += 1
        if way == "503":
            handler.send_response(503)
            handler.send_header("content-length", "0")
            handler.end_headers()
            return
        if way in {"hang", "refuse"}:
            time.sleep(self._hang if way == "hang" else 0)
            handler.close_connection = True
            return
        self._exchange(handler, body, way)

    def _exchange(self, handler: BaseHTTPRequestHandler, body: bytes, way: str | None) -> None:
        connection = http.client.HTTPConnection(self._host, timeout=20)
        connection.putrequest(
            handler.command, handler.path, skip_host=True, skip_accept_encoding=True
        )
        for name, value in handler.headers.items():
            if name.lower() != "connection":
                connection.putheader(name, value)
        connection.endheaders()
        if way == "half":
            connection.send(body[: len(body) // 2])
            connection.close()
            handler.close_connection = True
            return
        connection.send(body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if way == "lost":
            handler.close_connection = True
            return
        handler.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                handler.send_header(name, value)
        length = answer.getheader("content-length") if handler.command == "HEAD" else None
        handler.send_header("content-length", length or str(len(content)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(content)
