class Handler
  # Greets whoever the body names: echo Ada | faas-cli invoke NAME
  def run(req)
    name = req.strip
    "Hello, #{name.empty? ? 'world' : name}!\n"
  end
end
