"""A room that takes everything: answers as Slack's chat.postMessage does, counts, and remembers when each message came.

Only ``#dead`` is refused with 503, and ``/slow`` answers after ten seconds. ``GET /stats`` tells the count and, for marked messages, the time of arrival; ``POST /reset`` forgets.
"""

import asyncio
import json
import re
import sys
import time

import uvloop

MARK = re.compile(rb"mark-[0-9a-f]{12}")
state = {"count": 0, "refused": 0, "first": 0.0, "last": 0.0, "marks": {}}


class Sink(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.buffer = transport, b""

    def data_received(self, data):
        self.buffer += data
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.buffer[:end].lower()
            found = re.search(rb"content-length: (\d+)", head)
            size = int(found[1]) if found else 0
            if len(self.buffer) < end + 4 + size:
                return
            body, self.buffer = self.buffer[end + 4 : end + 4 + size], self.buffer[end + 4 + size :]
            self.answer(head, body)

    def answer(self, head, body):
        status = b"200 OK"
        if head.startswith(b"get /stats"):
            said = json.dumps(state).encode()
        elif head.startswith(b"post /reset"):
            state.update(count=0, refused=0, first=0.0, last=0.0, marks={})
            said = b"{}"
        elif head.startswith(b"post /slow"):
            asyncio.get_running_loop().call_later(10, self.transport.write, b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            return
        elif b'"#dead"' in body:
            status, said = b"503 Service Unavailable", b'{"ok":false,"error":"service_unavailable"}'
            state["refused"] += 1
        else:
            now = time.time()
            state["count"] += 1
            state["first"] = state["first"] or now
            state["last"] = now
            if mark := MARK.search(body):
                state["marks"].setdefault(mark[0].decode(), now)
            said = b'{"ok":true,"channel":"C1","ts":"%d.%06d"}' % (int(now), state["count"] % 1_000_000)
        self.transport.write(b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (status, len(said), said))


async def main(port):
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
