// The live connection: comes back by itself, and goes on from the last thing that it had.
// name() is who reads. Returns what connects anew, for when that is somebody else.
export function follow({ name, onSnapshot, onMessage, onAnswer, onState }) {
  let source = null;
  let cursor = "";
  let wait = 1000;
  let timer = 0;

  function connect() {
    clearTimeout(timer);
    source?.close();
    source = new EventSource(`/playground/feed?${new URLSearchParams({ name: name(), ...(cursor && { after: cursor }) })}`);
    source.onopen = () => { wait = 1000; onState("live"); };
    source.addEventListener("snapshot", (event) => { cursor = event.lastEventId; onSnapshot(JSON.parse(event.data)); });
    source.addEventListener("message", (event) => { cursor = event.lastEventId; onMessage(JSON.parse(event.data)); });
    source.addEventListener("answer", (event) => onAnswer(JSON.parse(event.data)));
    source.onerror = () => {
      onState("lost");
      // While it says CONNECTING the browser itself tries again; after an answer that is no stream it gives up, and we go on.
      if (source.readyState === EventSource.CLOSED) {
        timer = setTimeout(connect, wait * (0.7 + 0.6 * Math.random()));
        wait = Math.min(wait * 2, 15000);
      }
    };
  }

  window.addEventListener("online", connect);
  window.addEventListener("pagehide", () => source?.close());
  window.addEventListener("pageshow", (event) => { if (event.persisted) connect(); });
  connect();
  return connect;
}
