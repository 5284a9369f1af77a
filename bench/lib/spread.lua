-- One function after the other, f0 and on, as many as the argument says.
local requests = {}
local at = 0

function init(args)
  for i = 1, tonumber(args[1]) do
    requests[i] = wrk.format(nil, "/function/f" .. (i - 1))
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
