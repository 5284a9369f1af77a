require 'minitest/autorun'
require_relative 'handler'

class HandlerTest < Minitest::Test
  def test_greets_whoever_the_body_names
    assert_equal "Hello, Ada!\n", Handler.new.run("Ada\n")
  end

  def test_greets_the_world_when_the_body_is_empty
    assert_equal "Hello, world!\n", Handler.new.run('')
  end
end
