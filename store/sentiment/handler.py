import json

from .score import score


def handle(event, context):
    """Whether a text sounds glad or sad: a score from -1 to 1 for all of it and for each sentence, and the words that count."""
    if not event.text.strip():
        return {"statusCode": 400, "body": "The body is empty: send an English text\n"}
    body = json.dumps(score(event.text), ensure_ascii=False)
    return {"body": body, "headers": {"Content-Type": "application/json"}}
