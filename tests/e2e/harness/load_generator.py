"""The load generator's program: one JSON object of options as its argument.

Prints `ready` after its first answer and, once its standard input is closed, finishes what is under
way and prints one JSON report.

Half of the requests open a connection of their own, half come over kept-alive ones. A request is
good if the answer is 200 and whole. One case is not a failure but counted apart, as RFC 9112
(9.3.1) lets every client do and browsers do: a kept-alive connection that the server closed before
any byte of the answer; the request is sent once more on a new connection (`resent`).
"""

import asyncio
import json
import ssl
import sys
import threading

REQUEST_SECONDS_MAX = 10.0


class _Generator:
    def __init__(self, options):
        self._options = options
        self._context = ssl.create_default_context(cafile=options["certificate"])
        self._hosts = options["host"]
        self._idle = {host: [] for host in self._hosts}
        self._report = {"sent": 0, "good": 0, "resent": 0, "failed": [], "backends": {},
                        "slowest_ms": 0.0}

    async def run(self, finish):
        loop = asyncio.get_running_loop()
        await self._one(loop.time(), self._hosts[0], keep=True, started=loop.time())
        if self._report["failed"]:
            return self._report
        print("ready", flush=True)
        start = loop.time()
        tasks = set()
        number = 0
        while not finish.is_set():
            due = start + number / self._options["rate"]
            delay = due - loop.time()
            if delay > 0:
                await asyncio.sleep(delay)
            # Each host gets both kinds of connection.
            host = self._hosts[number // 2 % len(self._hosts)]
            task = loop.create_task(self._one(start, host, keep=number % 2 == 0,
                                              started=loop.time()))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            number += 1
        if tasks:
            await asyncio.wait(tasks)
        return self._report

    async def _one(self, start, host, keep, started):
        loop = asyncio.get_running_loop()
        self._report["sent"] += 1
        try:
            await asyncio.wait_for(self._request(host, keep), REQUEST_SECONDS_MAX)
            self._report["good"] += 1
        except asyncio.TimeoutError:
            self._report["failed"].append([started - start, "timeout"])
        except (OSError, EOFError, ValueError) as error:
            self._report["failed"].append([started - start, f"{type(error).__name__}: {error}"])
        took = 1000 * (loop.time() - started)
        self._report["slowest_ms"] = max(self._report["slowest_ms"], took)

    async def _request(self, host, keep):
        while keep and self._idle[host]:
            connection = self._idle[host].pop()
            if connection[0].at_eof():  # Closed while idle, and we have heard of it.
                connection[1].close()
                continue
            if await self._exchange(host, connection, keep, reused=True):
                return
            self._report["resent"] += 1
            break
        await self._exchange(host, await self._connect(host), keep, reused=False)

    async def _connect(self, host):
        return await asyncio.open_connection(
            self._options["address"], self._options["port"], ssl=self._context,
            server_hostname=host)

    async def _exchange(self, host, connection, keep, reused):
        """False if a reused connection ended before any byte of the answer."""
        reader, writer = connection
        begun = False
        try:
            writer.write((f"GET {self._options['path']} HTTP/1.1\r\n"
                          f"Host: {host}:{self._options['port']}\r\n"
                          f"Connection: {'keep-alive' if keep else 'close'}\r\n\r\n").encode())
            line = await reader.readline()
            if not line:
                raise EOFError("closed before the answer")
            begun = True
            closes = await self._read_answer(reader, line)
            if keep and not closes:
                self._idle[host].append(connection)
            else:
                writer.close()
            return True
        except (OSError, EOFError, ValueError):
            writer.close()
            if reused and not begun:
                return False
            raise

    async def _read_answer(self, reader, status_line):
        """Reads the rest of the answer; whether the server then closes."""
        headers = {}
        while True:
            line = (await reader.readuntil(b"\r\n")).decode("latin-1")
            name, colon, value = line.partition(":")
            if not colon:
                break
            headers[name.lower()] = value.strip()
        await reader.readexactly(int(headers.get("content-length", 0)))
        status = status_line.split()[1].decode()
        if status != "200":
            raise ValueError(f"status {status}")
        backend = headers.get("x-backend", "?")
        self._report["backends"][backend] = self._report["backends"].get(backend, 0) + 1
        return headers.get("connection", "").lower() == "close"


def _main():
    finish = threading.Event()

    def wait_for_the_parent():
        sys.stdin.read()  # Ends when the parent closes its end, or is gone.
        finish.set()

    threading.Thread(target=wait_for_the_parent, daemon=True).start()
    generator = _Generator(json.loads(sys.argv[1]))
    print(json.dumps(asyncio.run(generator.run(finish))), flush=True)


if __name__ == "__main__":
    _main()
