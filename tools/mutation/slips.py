"""Finds the places of a C++ source where a plausible slip can be made.

The sources are formatted by clang-format, and these patterns rely on it: a binary operator has
spaces around it, the brackets of a template have none, a statement begins its line.
"""
import collections
import dataclasses
import random
import re

# Calls that are easily forgotten.
VERBS = ("abandon add append arm bring cancel change cleanse clear close complete disarm disconnect "
         "drop emplace enter erase fail fail_all insert join leave note notify open pause pop "
         "pop_back pop_front post push push_back put refuse release remove report reset resize "
         "resume route run schedule send set shrink shutdown start stop swap take unlink unwatch "
         "watch wake wipe").split()
LEAVE = "return|continue|break|throw|co_return"


@dataclasses.dataclass(frozen=True)
class Slip:
    file: str
    start: int
    end: int
    replacement: str
    kind: str
    line: int
    before: str  # The line that changes, as it is.

    def apply(self, text):
        return text[:self.start] + self.replacement + text[self.end:]

    def __str__(self):
        return f"{self.file}:{self.line}: {self.kind}: {self.before}"


def blank(text):
    """Returns the text with spaces for comments, strings, directives, assertions and logging."""
    token = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((?:.*?)\)"|"(?:\\.|[^"\\\n])*"'
                       r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"
                       r'|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', re.S | re.M)

    def spaces(match):
        return re.sub(r"[^\n]", " ", match.group())

    text = token.sub(spaces, text)
    statement = re.compile(r"^[ \t]*(?:static_assert|assert|log|log_for|template|requires|using|"
                           r"friend)\b[^;{]*[;{]?|\bnoexcept\([^()]*\)|\boperator[^\s\w]+"
                           r"|(?<=\)) = 0;|(?<=const) = 0;", re.M)
    return statement.sub(spaces, text)


# Kind, pattern, replacement.
EXCHANGES = [
    ("'<=' for '<'", r" < ", " <= "),
    ("'<' for '<='", r" <= ", " < "),
    ("'>=' for '>'", r" > ", " >= "),
    ("'>' for '>='", r" >= ", " > "),
    ("'!=' for '=='", r" == ", " != "),
    ("'==' for '!='", r" != ", " == "),
    ("'||' for '&&'", r"(?<=[\w)\]}]) &&(?=\s)", " ||"),
    ("'&&' for '||'", r"(?<=[\w)\]}]) \|\|(?=\s)", " &&"),
    ("'false' for 'true'", r"\btrue\b", "false"),
    ("'true' for 'false'", r"\bfalse\b", "true"),
    ("'!' removed", r"(?<![!=\w])!(?=[\w(*:])", ""),
    ("'max' for 'min'", r"\bstd::min\b", "std::max"),
    ("'min' for 'max'", r"\bstd::max\b", "std::min"),
    ("'-' for '+'", r" \+ (?=\d|\w+\.size\(\)|std::chrono)", " - "),
    ("'+' for '-'", r" - (?=\d|\w)", " + "),
    ("'-=' for '+='", r" \+= (?=[\w.]+(?:\.size\(\)|_|\d);)", " -= "),
    ("'+=' for '-='", r" -= ", " += "),
    ("'|' for '&'", r"(?<=[\w)]) & (?=\w)", " | "),
]

CONSTANT = re.compile(r"(?<![\w.'])(0x[0-9a-fA-F']+|\d[\d']*)(?![\w.']*[.'\"])"
                      r"(?=(?:s|ms|us|ns|min|h|u|U|L|UL|ULL)?\b)")
GUARD = re.compile(rf"^([ \t]*)if \([^\n]*\) (?:{LEAVE})\b[^;{{}}]*;[ \t]*$", re.M)
BLOCK_GUARD = re.compile(r"^([ \t]*)if \([^;{}]*(?:;[^;{}]*)?\) \{\n"
                         r"((?:\1[ \t]+[^\n]*\n|\n){1,6}?)\1\}[ \t]*$", re.M)
GUARDED = re.compile(rf"^[ \t]*if \([^\n]*\) (?!{LEAVE}|\{{)[^{{}}]*?;[ \t]*$", re.M)
CALL = re.compile(rf"^[ \t]*(?!(?:{LEAVE}|else|if)\b)(?:[\w:.>*\[\]&()-]*?[.>:*])?"
                  rf"({'|'.join(VERBS)})(?:_\w+)?\([^;{{}}]*\);[ \t]*$", re.M)
ASSIGNMENT = re.compile(r"^[ \t]*[\w.>\[\]()-]*(?:_|\.\w+|>\w+) (?:[+-]?=) [^;{}]*(?:\{\})?"
                        r";[ \t]*$", re.M)
COUNTING = re.compile(r"^[ \t]*(?:\+\+|--)[\w.>\[\]-]+;[ \t]*$", re.M)
RETURNED_CALL = re.compile(r"(?<=\) )return (?=[\w:.>-]+\()")
ARGUMENTS = re.compile(r"(?<=\w\()([a-z][\w.]*(?:\(\))?), ([a-z][\w.]*(?:\(\))?)(?=\))")
ERROR_CODE = re.compile(r"\bErrc::(\w+)")
CHOICE = re.compile(r"\? ([\w:.()\->]+) : ([\w:.()\->]+)(?=[;,)])")


def changed_constants(literal):
    base = 16 if literal.startswith("0x") else 10
    value = int(literal.replace("'", ""), base)
    results = [value + 1]
    if value >= 8:
        results.append(value // 2)
    return [hex(result) if base == 16 else str(result) for result in results]


def part_of_a_choice(text, start, end):
    """Whether the statement is one branch of an if with an else."""
    return text[:start].rstrip().endswith("else") or text[end:].lstrip().startswith("else")


def slips_of(file, text):
    code = blank(text)
    found = []

    def add(start, end, replacement, kind):
        first = end - len(code[start:end].lstrip())
        line = text.count("\n", 0, first) + 1
        line_start = text.rfind("\n", 0, first) + 1
        before = text[line_start:text.find("\n", first)].strip()
        found.append(Slip(file, start, end, replacement, kind, line, before))

    for kind, pattern, replacement in EXCHANGES:
        for match in re.finditer(pattern, code):
            add(match.start(), match.end(), replacement, kind)
    for match in CONSTANT.finditer(code):
        line = code[code.rfind("\n", 0, match.start()) + 1:code.find("\n", match.end())]
        for value in changed_constants(match.group(1)):
            if "enum" not in line:
                add(match.start(1), match.end(1), value, f"{value} for {match.group(1)}")
    for match in ERROR_CODE.finditer(code):
        line = code[code.rfind("\n", 0, match.start()) + 1:match.start()]
        other = "timed_out" if match.group(1) == "operation_error" else "operation_error"
        if "case " not in line:
            add(match.start(1), match.end(1), other, "another error code")
    removals = [(GUARD, "guard removed"), (GUARDED, "conditional statement removed"),
                (CALL, "call removed"), (ASSIGNMENT, "assignment removed"),
                (COUNTING, "counting removed")]
    for pattern, kind in removals:
        for match in pattern.finditer(code):
            declares = re.match(r"\s*(const |auto |static |constexpr )", match.group())
            if not declares and not part_of_a_choice(code, match.start(), match.end()):
                add(match.start(), match.end(), ";", kind)
    for match in BLOCK_GUARD.finditer(code):
        leaves = re.search(rf"\b(?:{LEAVE})\b[^;]*;\s*$", match.group(2))
        if leaves and not part_of_a_choice(code, match.start(), match.end()):
            add(match.start(), match.end(), ";" + "\n" * match.group().count("\n"), "guard removed")
    for match in RETURNED_CALL.finditer(code):
        add(match.start(), match.end(), "", "'return' removed")
    for match in ARGUMENTS.finditer(code):
        if match.group(1) != match.group(2):
            add(match.start(), match.end(), f"{match.group(2)}, {match.group(1)}",
                "arguments swapped")
    for match in CHOICE.finditer(code):
        add(match.start(), match.end(), f"? {match.group(2)} : {match.group(1)}", "choices swapped")
    return sorted(set(found), key=lambda slip: (slip.start, slip.end, slip.replacement))


def sample(slips, count, seed):
    """That many slips, as evenly over the kinds as there are any."""
    chance = random.Random(seed)
    by_kind = collections.defaultdict(list)
    for slip in slips:
        constant = slip.kind[0].isdigit()
        by_kind["constant" if constant else slip.kind].append(slip)
    queues = [by_kind[kind] for kind in sorted(by_kind)]
    for queue in queues:
        chance.shuffle(queue)
    chosen = []
    while queues and len(chosen) < count:
        chance.shuffle(queues)
        chosen += [queue.pop() for queue in queues[:count - len(chosen)]]
        queues = [queue for queue in queues if queue]
    return sorted(chosen, key=lambda slip: (slip.file, slip.start, slip.end, slip.replacement))
