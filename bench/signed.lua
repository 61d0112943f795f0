-- Signed pushes for wrk: the body is always the same (so is its signature), the delivery id never.
local file = io.open(os.getenv("BENCH_BODY"), "rb")
local body = file:read("*a")
file:close()
local head = {
  ["Content-Type"] = "application/json", ["X-GitHub-Event"] = os.getenv("BENCH_EVENT") or "push", ["User-Agent"] = "GitHub-Hookshot/bench",
  ["X-Hub-Signature-256"] = "sha256=" .. os.getenv("BENCH_SIGNATURE"),
}
local run, count = os.getenv("BENCH_RUN"), 0
request = function()
  count = count + 1
  head["X-GitHub-Delivery"] = run .. "-" .. count
  return wrk.format("POST", os.getenv("BENCH_PATH") or "/in/github", head, body)
end
done = function(summary, latency)
  io.write(string.format('{"requests": %d, "duration_us": %d, "bad": %d, "p50_us": %d, "p99_us": %d}\n', summary.requests, summary.duration,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
