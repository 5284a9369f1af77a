# Calls function/handler.rb with the body, as the watchdog starts this process for each call.
require_relative 'function/handler'

$stdout.write(Handler.new.run($stdin.read))
