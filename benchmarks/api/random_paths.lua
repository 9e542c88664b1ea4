-- For wrk: GET of a random line of a file, which is the argument behind `--`. Ends with a line for the caller:
-- requests, microseconds, and how many requests failed or were answered with anything but success.
local requests = {}
local next_seed = 1

function setup(thread)
    thread:set("seed", next_seed)
    next_seed = next_seed + 1
end

function init(arguments)
    math.randomseed(seed)
    for path in io.lines(arguments[1]) do
        requests[#requests + 1] = wrk.format("GET", path)
    end
end

function request()
    return requests[math.random(#requests)]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format("figures %d %d %d\n", summary.requests, summary.duration,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
