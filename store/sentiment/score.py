import re

from .words import DOWNTONERS, INTENSIFIERS, NEGATIONS, SCORES

WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
# So many words before a word can turn or stress it: "not a very good idea".
REACH = 3


def score(text):
    """The mean of the sentences' scores; those without a word that counts say nothing."""
    sentences = [rate(match.group().strip()) for match in SENTENCE.finditer(text) if match.group().strip()]
    scores = [sentence["score"] for sentence in sentences if sentence["words"]]
    mean = round(sum(scores) / len(scores), 3) if scores else 0
    return {"score": mean, "sentiment": name(mean), "sentences": sentences}


def rate(sentence):
    words = WORD.findall(sentence.lower().replace("\u2019", "'"))
    found = [(word, weight(words, index)) for index, word in enumerate(words) if word in SCORES]
    total = sum(value for _, value in found)
    # Few strong words are as telling as many weak ones, and nothing is beyond 1.
    value = round(total / (abs(total) + 2), 3)
    return {"text": sentence, "score": value, "words": [word for word, _ in found]}


def weight(words, index):
    value = SCORES[words[index]]
    for before in words[max(0, index - REACH) : index]:
        if before in NEGATIONS or before.endswith("n't"):
            # "Not good" is bad, but less so than "bad" is.
            value *= -0.7
        elif before in INTENSIFIERS:
            value *= 1.5
        elif before in DOWNTONERS:
            value *= 0.5
    return value


def name(value):
    if value > 0.1:
        return "positive"
    return "negative" if value < -0.1 else "neutral"
