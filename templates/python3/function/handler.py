def handle(event, context):
    """Greets whoever the body names: echo Ada | faas-cli invoke NAME"""
    name = event.text.strip() or "world"
    return f"Hello, {name}!\n"
