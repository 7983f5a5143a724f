-- wrk: posts one file over and over; prints what came of it as one line of JSON.
-- Arguments after "--": the file, the Accept header.
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*all")
  file:close()
  wrk.headers["Content-Type"] = "image/jpeg"
  wrk.headers["Accept"] = args[2]
  statuses = {}
end

function response(status)
  statuses[tostring(status)] = (statuses[tostring(status)] or 0) + 1
end

function done(summary, latency)
  local counts = {}
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("statuses")) do
      counts[status] = (counts[status] or 0) + count
    end
  end
  local pairs_of_counts = {}
  for status, count in pairs(counts) do
    table.insert(pairs_of_counts, string.format('"%s":%d', status, count))
  end
  local e = summary.errors
  print(string.format(
    '\n{"requests":%d,"seconds":%.6f,"p50Ms":%.3f,"p99Ms":%.3f,"broken":%d,"timedOut":%d,"statuses":{%s}}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write, e.timeout, table.concat(pairs_of_counts, ",")
  ))
end
