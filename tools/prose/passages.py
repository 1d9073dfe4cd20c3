"""Finds the passages of a file that people read: its comments, its literals, its Markdown."""
import io
import re
import tokenize

CPP = re.compile(r'R"(?P<end>\w*)\((?P<raw>.*?)\)(?P=end)"|"(?P<text>(?:\\.|[^"\\\n])*)"|'
                 r"'(?:\\.|[^'\\\n])'|//(?P<line>[^\n]*)|/\*(?P<block>.*?)\*/", re.S)
SHELL = re.compile(r"(?:^|(?<=\s))#(?P<line>(?!!)[^\n]*)|\"(?P<text>(?:\\.|[^\"\\])*)\"|"
                   r"'[^']*'|<<-?'?(?P<mark>\w+)'?(?P<raw>.*?)^\s*(?P=mark)$", re.S | re.M)


def passages_of_code(text, tokens, literals):
    """Returns [line, text] of each comment and literal, neighbours joined."""
    passages, last, end = [], None, 0
    for match in tokens.finditer(text):
        part = next((match[name] for name in ("line", "block", "raw", "text")
                     if match.groupdict().get(name) is not None), "")
        comment = match["line"] is not None or match.groupdict().get("block") is not None
        if not comment:
            part = part.replace("\\n", "\n").replace('\\"', '"')
        between = text[end:match.start()]
        if comment == last and not between.strip() and between.count("\n") <= 1:
            passages[-1][1] += "\n" * comment + part
        else:
            passages.append([text.count("\n", 0, match.start()) + 1, part, comment])
        last, end = comment, match.end()
    code = re.compile(r"^ {5,}.*$", re.M)
    return [[line, code.sub("", part) if comment else part] for line, part, comment in passages
            if comment or literals and " " in part.strip()]


STRINGS = (tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING))


def passages_of_python(text, literals):
    passages, last = [], -1
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and last == token.start[0] - 1:
            passages[-1][1] += "\n" + token.string.lstrip("#")
        elif token.type == tokenize.COMMENT:
            passages.append([token.start[0], token.string.lstrip("#!")])
        elif token.type in STRINGS and not token.string.startswith(("r", "rf")) and (
                literals or token.string.startswith('"""')):
            passages.append([token.start[0], token.string.strip("rbf\"'").replace("\\n", "\n")])
        if token.type == tokenize.COMMENT:
            last = token.start[0]
    return passages


def passages_of_markdown(text):
    text = re.sub(r"^ *(```|~~~).*?^ *\1", lambda m: "\n" * m[0].count("\n"), text,
                  flags=re.M | re.S)
    passages, fresh = [], True
    text = re.sub(r"(?<=\n\n)(    .*\n)+", lambda m: "\n" * m[0].count("\n"), text)
    for number, line in enumerate(text.split("\n"), 1):
        alone = re.match(r"#+ |\s*\|", line)
        if fresh or alone or re.match(r"\s*([-*]|\d+\.) ", line):
            passages.append([number, ""])
        passages[-1][1] += re.sub(r"^\s*(#+|[-*]|\d+\.) |\|", "   ", line).strip(" ") + "\n"
        fresh = bool(alone) or not line.strip()
    return passages


def passages_of(path, text):
    """Returns [line, text] of each passage. The literals of tests are left out."""
    literals = "tests" not in path.parts
    first = text.split("\n", 1)[0]
    if path.suffix == ".md":
        return passages_of_markdown(text)
    if path.suffix in (".cpp", ".hpp", ".h", ".in"):
        return passages_of_code(text, CPP, literals)
    if path.suffix == ".py" or first.startswith("#!") and "python" in first:
        return passages_of_python(text, literals)
    if path.suffix in (".sh", ".cmake") or path.name == "CMakeLists.txt" or first.startswith("#!"):
        return passages_of_code(text, SHELL, literals)
    return []
