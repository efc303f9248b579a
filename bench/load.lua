-- Sends the requests of a file one after the other, over and over: each is its length, a line end
-- and its bytes. In the end one line of JSON says what became of them. Where a second file is named,
-- every fiftieth answer goes there.
local EVERY = 50
local requests, sent, answered = {}, 0, 0

local function take(status, headers, body)
  answered = answered + 1
  if answered % EVERY == 1 then
    samples:write(#body, "\n", body)
    samples:flush()
  end
end

function init(arguments)
  local file = assert(io.open(arguments[1], "rb"))
  local length = file:read("*l")
  while length do
    requests[#requests + 1] = file:read(tonumber(length))
    length = file:read("*l")
  end
  file:close()
  if arguments[2] then
    samples = assert(io.open(arguments[2], "wb"))
    response = take
  end
end

function request()
  sent = sent + 1
  return requests[(sent - 1) % #requests + 1]
end

function done(summary, latency)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  io.write(string.format(
    '{"requests": %d, "microseconds": %d, "refused": %d, "broken": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration, errors.status, broken,
    latency:percentile(50), latency:percentile(99)))
end
