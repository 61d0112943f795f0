-- Signed pushes for wrk: bodies repeat (so do their signatures), the delivery id never. BENCH_BODIES names files, each with its
-- signature beside it (.sig); BENCH_DELAY_MS holds every connection back, for a load below the limit.
local bodies, signatures = {}, {}
for name in os.getenv("BENCH_BODIES"):gmatch("[^:]+") do
  local file = io.open(name, "rb")
  bodies[#bodies + 1] = file:read("*a")
  file:close()
  file = io.open(name .. ".sig", "r")
  signatures[#signatures + 1] = file:read("*l")
  file:close()
end
local head = { ["Content-Type"] = "application/json", ["X-GitHub-Event"] = "push", ["User-Agent"] = "GitHub-Hookshot/bench" }
local run, count, path = os.getenv("BENCH_RUN"), 0, os.getenv("BENCH_PATH") or "/in/github"
local pause = tonumber(os.getenv("BENCH_DELAY_MS") or "0")
request = function()
  count = count + 1
  local n = count % #bodies + 1
  head["X-GitHub-Delivery"] = run .. "-" .. count
  head["X-Hub-Signature-256"] = signatures[n]
  return wrk.format("POST", path, head, bodies[n])
end
if pause > 0 then
  delay = function() return pause end
end
done = function(summary, latency)
  io.write(string.format('{"requests": %d, "duration_us": %d, "bad": %d, "p50_us": %d, "p99_us": %d}\n', summary.requests, summary.duration,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
