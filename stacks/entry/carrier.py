"""What a machine runs to take a file out of a bucket or to put it there, by links that it is told. Only the standard library, Python 3.9
or newer: the text of this file is sent to the machine as it stands.

One line of JSON comes in: {"path", "size", "get": LINK} or {"path", "put": [[START, LENGTH, LINK], …]}, where LINK is {"url", "verb",
"headers"}. Out goes the number of bytes that are done, line by line; at last `done`, `stale` where links count no more, or `error: ` and
why. Links are secret, and so do not stand in the arguments of a program.
"""

import fcntl
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
LONGEST_WAIT = 300


def say(word: object) -> None:
    """Tell whoever copies. When nobody listens any more the copy was stopped, and nothing is sent any more."""
    try:
        print(word, flush=True)
    except BrokenPipeError:
        os._exit(1)


def opened(request: urllib.request.Request) -> Any:
    """The answer; past any proxy, for the bucket is reached through the network's own gateway."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=SECONDS)


def asked(link: Any, headers: Any, body: Any = None) -> urllib.request.Request:
    """What is asked by a link."""
    return urllib.request.Request(link["url"], body, {**headers, **link["headers"]}, method=link["verb"])


def alone(file: Any) -> None:
    """Wait for whoever was begun before and does not know yet that nobody listens: two that append would spoil the file."""
    end = time.monotonic() + LONGEST_WAIT
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise OSError("another copy of the same file is at work there") from None
        say(os.fstat(file.fileno()).st_size)
        time.sleep(0.5)


def get(path: str, size: int, link: Any) -> None:
    """Append what is missing."""
    with Path(path).open("ab") as file:
        alone(file)
        done = file.seek(0, os.SEEK_END)
        while done < size:
            before = done
            with opened(asked(link, {"Range": f"bytes={done}-"})) as answer:
                if answer.status != 206:
                    raise OSError("the bucket gave all of it, and not what is missing")
                while piece := answer.read(PIECE):
                    file.write(piece)
                    file.flush()
                    done += len(piece)
                    say(done)
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
        with opened(asked(link, plain, body)):
            parts.pop(0)
            say(start + length)


def main() -> int:
    job = json.loads(sys.stdin.readline())
    for attempt in range(TRIES):
        try:
            if "get" in job:
                get(job["path"], job["size"], job["get"])
            else:
                put(job["path"], job["put"])
        except urllib.error.HTTPError as problem:
            if problem.code == 401:
                say("stale")
                return 0
            if problem.code < 500 or attempt == TRIES - 1:
                said = problem.read(600).decode(errors="replace")
                code = said.partition("<Code>")[2].partition("</Code>")[0]
                code = code or said.partition('"reason": "')[2].partition('"')[0]
                say(f"error: the bucket answered {problem.code} {code}".strip())
                return 1
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as problem:
            if attempt == TRIES - 1:
                say(f"error: the bucket is not reached ({problem})")
                return 1
        except OSError as problem:
            say(f"error: {problem.strerror or problem}")
            return 1
        else:
            say("done")
            return 0
        time.sleep(2**attempt)
    return 1


if __name__ == "__main__":
    sys.exit(main())
