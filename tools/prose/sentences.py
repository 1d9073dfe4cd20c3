"""The rules for plain English, and the sentences of a passage that they apply to."""
import re

MOST_WORDS = 40
AFTER_OVER = "and|or|before|when|while|if|then|once|as|for|by|at|in|after|until|too|already"
RULES = [(rule, re.compile(pattern)) for rule, pattern in [
    ("begin with a noun or a verb", r"^(What|Who|Whom|Whose|Whoever|Whatever|Whatsoever)\b"),
    ("software is 'it', a user 'the application'",
     r"\b([Hh]e|[Hh]is|[Hh]im|[Hh]imself|[Ss]omebody|[Nn]obody|whoever|whomever)\b"),
    ("'reported', 'notified' or 'returned'", r"\b[Tt]old\b"),
    ("'recreated', 'reconnected' or 'renewed'", r"\b([Aa]new|ma(de|kes?|king) again)\b"),
    ("'completed', 'closed', 'destroyed' or 'expired'",
     rf"(?<!410 )\b[Gg]one\b|\b(is|are|was|were|be|been) over(?=\s*$|[.,;:)]|\s+({AFTER_OVER})\b)"),
    ("state it positively", r"\b([Hh]ardly serves?|[Nn]ot unlike|[Nn]o longer\b.*\benough)\b"),
]]


def sentences(passage):
    """Yields the line, counted from the passage's first, and the text of each sentence."""
    passage = re.sub(r"`[^`]*`", lambda m: "X" + "\n" * m[0].count("\n"), passage)
    at = 0
    for gap in re.finditer(r"(?<=[.?!])[\"')*_]*\s+(?=[\"'(*_`]*[A-Z`])|\n\s*\n|\S(   +)|$", passage):
        sentence = passage[at:gap.start() + (1 if gap[1] else 0)]
        start = at + len(sentence) - len(sentence.lstrip())
        yield passage.count("\n", 0, start), " ".join(sentence.split()).lstrip("\"'(*_-#<! ")
        at = gap.end()


def broken_rules(sentence):
    broken = [rule for rule, pattern in RULES if pattern.search(sentence)]
    if len(re.findall(r"\w[\w'-]*", sentence)) > MOST_WORDS:
        broken.append(f"at most {MOST_WORDS} words in a sentence")
    return broken
