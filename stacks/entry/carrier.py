"""What a machine runs to take a file out of a bucket or to put it there, by links that it is told. Only the standard library, Python 3.9
or newer: the text of this file is sent to the machine as it stands.

One line of JSON comes in: {"path", "size", "get": LINK} or {"path", "put": [[START, LENGTH, LINK], …]}. Out goes the number of bytes that
are done, line by line; at last `done`, or `error: ` and why. Links are secret, and so do not stand in the arguments of a program.
"""

import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

PIECE = 1 << 20
TRIES = 5
SECONDS = 60


def opened(request: urllib.request.Request) -> Any:
    """The answer; past any proxy, for the bucket is reached through the network's own gateway."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=SECONDS)


def get(path: str, size: int, link: str) -> None:
    """Append what is missing."""
    with Path(path).open("ab") as file:
        done = file.seek(0, os.SEEK_END)
        while done < size:
            before = done
            with opened(urllib.request.Request(link, headers={"Range": f"bytes={done}-"})) as answer:
                if answer.status != 206:
                    raise OSError("the bucket gave all of it, and not what is missing")
                while piece := answer.read(PIECE):
                    file.write(piece)
                    file.flush()
                    done += len(piece)
                    print(done, flush=True)
            if done == before:
                raise ConnectionError("it gave nothing")


def put(path: str, parts: Any) -> None:
    """Send the named parts, and forget each that is there."""
    while parts:
        start, length, link = parts[0]
        with Path(path).open("rb") as file:
            file.seek(start)
            body = file.read(length)
        plain = {"Content-Type": "application/octet-stream"}  # urllib says that it is a form, where nothing is said
        with opened(urllib.request.Request(link, data=body, headers=plain, method="PUT")):
            parts.pop(0)
            print(start + length, flush=True)


def main() -> int:
    job = json.loads(sys.stdin.readline())
    for attempt in range(TRIES):
        try:
            if "get" in job:
                get(job["path"], job["size"], job["get"])
            else:
                put(job["path"], job["put"])
        except urllib.error.HTTPError as problem:
            if problem.code < 500 or attempt == TRIES - 1:
                said = problem.read(600).decode(errors="replace")
                code = said.partition("<Code>")[2].partition("</Code>")[0]
                print(f"error: the bucket answered {problem.code} {code}".strip(), flush=True)
                return 1
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as problem:
            if attempt == TRIES - 1:
                print(f"error: the bucket is not reached ({problem})", flush=True)
                return 1
        except OSError as problem:
            print(f"error: {problem.strerror or problem}", flush=True)
            return 1
        else:
            print("done", flush=True)
            return 0
        time.sleep(2**attempt)
    return 1


if __name__ == "__main__":
    sys.exit(main())
