"""Slash commands at a steady rate, whatever the answers take: ``steady.py PORT RATE SECONDS < LINES``; prints JSON.

A command's time counts from the moment that it was due, so that one that is held up by others is not counted as quick.
"""

import asyncio
import json
import sys
import time

CONNECTIONS = 100


async def main(port: int, rate: float, seconds: float) -> None:
    lines = sys.stdin.buffer.read().splitlines()
    idle: asyncio.Queue = asyncio.Queue()
    for _ in range(CONNECTIONS):
        idle.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    waits, bad, words = [], 0, {}
    began = time.perf_counter() + 0.1

    async def one(line: bytes, due: float) -> None:
        nonlocal bad
        timestamp, signature, body = line.split(b" ", 2)
        reader, writer = await idle.get()
        writer.write(
            b"POST /slack/commands HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nX-Slack-Request-Timestamp: %s\r\n"
            b"X-Slack-Signature: %s\r\nContent-Length: %d\r\n\r\n%s" % (timestamp, signature, len(body), body)
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        said = await reader.readexactly(length)
        waits.append(time.perf_counter() - due)
        idle.put_nowait((reader, writer))
        if not head.startswith(b"HTTP/1.1 200"):
            bad += 1
        first = json.loads(said)["text"][:24] if said else ""
        words[first] = words.get(first, 0) + 1

    running = []
    for number in range(min(int(rate * seconds), len(lines))):
        due = began + number / rate
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        running.append(asyncio.create_task(one(lines[number], due)))
    await asyncio.gather(*running)
    waits.sort()
    print(json.dumps({
        "sent": len(waits), "bad": bad, "per_s": round(len(waits) / (time.perf_counter() - began)), "p50_ms": round(waits[len(waits) // 2] * 1000, 1),
        "p99_ms": round(waits[int(len(waits) * 0.99)] * 1000, 1), "worst_ms": round(waits[-1] * 1000, 1), "answers": words,
    }, ensure_ascii=False))  # fmt: skip


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
