-- Signed slash commands for wrk: BENCH_LINES names a file with a timestamp, a signature and a body a line. None is sent twice: when they
-- run out, what follows is refused and counted as bad.
local lines = {}
for line in io.lines(os.getenv("BENCH_LINES")) do
  local timestamp, signature, body = line:match("^(%S+) (%S+) (.*)$")
  lines[#lines + 1] = { timestamp, signature, body }
end
local head = { ["Content-Type"] = "application/x-www-form-urlencoded", ["User-Agent"] = "Slackbot 1.0 (+https://api.slack.com/robots)" }
local count, path = 0, os.getenv("BENCH_PATH") or "/slack/commands"
request = function()
  count = count + 1
  local line = lines[count] or { "0", "v0=", "" }
  head["X-Slack-Request-Timestamp"] = line[1]
  head["X-Slack-Signature"] = line[2]
  return wrk.format("POST", path, head, line[3])
end
done = function(summary, latency)
  io.write(string.format('{"requests": %d, "duration_us": %d, "bad": %d, "p50_us": %d, "p99_us": %d}\n', summary.requests, summary.duration,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
