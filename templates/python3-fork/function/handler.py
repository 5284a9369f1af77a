def handle(req):
    """Greets whoever the body names: echo Ada | faas-cli invoke NAME"""
    name = req.strip() or "world"
    return f"Hello, {name}!\n"
