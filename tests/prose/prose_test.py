"""Which sentences tools/prose_check finds, where it looks for them, and how it ends."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
TOOLS = pathlib.Path(__file__).resolve().parents[2] / "tools"
sys.path.insert(0, str(TOOLS))
from prose.passages import passages_of  # noqa: E402
from prose.sentences import broken_rules, sentences  # noqa: E402


def found(name, text):
    """Returns the line and the sentence of each problem in a file of that name."""
    return [(first + line, sentence) for first, passage in passages_of(pathlib.Path(name), text)
            for line, sentence in sentences(passage) if broken_rules(sentence)]


class Rules(unittest.TestCase):
    def test_each_rule_finds_its_sentences(self):
        for sentence in (
                "What came in is kept.", "Who asks is answered.", "Whom to ask.",
                "Whose turn it is.", "Whoever waits is woken.", "Whatever comes is read.",
                "Whatsoever comes is read.", "The hub has his own clock.", "A user ends it himself.",
                "The log tells him why.", "Then he asks.", "Somebody else has it.",
                "It is left to nobody.", "It serves whoever asks.", "The caller is told.",
                "The link is made anew.", "The token is made again.", "The link may be gone.",
                "When the attempt is over, it fails.", "It waits until that was over",
                "The pause is over before it is asked.", "A key hardly serves here.",
                "This is not unlike a timer.", "They are no longer alike enough.",
                " ".join(["word"] * 41) + "."):
            self.assertEqual(len(broken_rules(sentence)), 1, sentence)

    def test_plain_sentences_pass(self):
        for sentence in (
                "Returns what came in.", "Sends it to the application who owns it.",
                "It is the caller's.", "The hub has its own clock.", "Someone reads it.",
                "No one has taken it yet.", "The help tells how.", "The failure is reported.",
                "The token is renewed.", "It answers 410 Gone.", "The queue is over 5 MB.",
                "It is sent over TLS.", "Turns the bytes over.", "No longer waits.",
                "It serves as a key.", " ".join(["word"] * 40) + "."):
            self.assertEqual(broken_rules(sentence), [], sentence)


class Places(unittest.TestCase):
    def test_a_comment_is_read_across_its_lines(self):
        self.assertEqual(found("a.hpp", "int a;\n// Sent once.\n// What is left\n// stays.\nint b;\n"),
                         [(3, "What is left stays.")])
        self.assertEqual(found("a.cpp", "f();  // Sent. Then it is\n      // gone.\n"),
                         [(1, "Then it is gone.")])
        self.assertEqual(found("a.cpp", "/* Whom to ask. */ f();"), [(1, "Whom to ask.")])
        self.assertEqual(found("a.cpp", "// Returns\n// What it holds.\n"), [])
        self.assertEqual(found("a.hpp", "// Use:\n//     Whom to ask.\n// Then.\n"), [])

    def test_a_literal_is_read_in_programs_and_left_out_in_tests(self):
        text = 'fail("Send the rest, " \n     "he said");\nauto url = "http://gone";\n'
        self.assertEqual(found("a.cpp", text), [(1, "Send the rest, he said")])
        self.assertEqual(found("tests/a.cpp", text), [])
        self.assertEqual(found("a.cpp", 'R"(Sent.\nWhat else.)"'), [(2, "What else.")])
        self.assertEqual(found("a.cpp", "char c = '\"';  // The link is gone.\n"),
                         [(1, "The link is gone.")])

    def test_scripts_and_build_files_are_read(self):
        self.assertEqual(found("CMakeLists.txt", "# What is built.\nadd(a)\n"),
                         [(1, "What is built.")])
        self.assertEqual(found("run", '#!/bin/bash\nsay "it is gone"\n'), [(2, "it is gone")])
        self.assertEqual(found("run", "#!/bin/bash\ncat <<EOF\nWhat it does.\nEOF\n"),
                         [(3, "What it does.")])
        self.assertEqual(found("a.py", 'find(r"is gone$")\n'), [])
        self.assertEqual(found("a.py", '"""Reads.\n\nWho asks."""\nx = 1  # It is gone.\n'),
                         [(3, "Who asks."), (4, "It is gone.")])

    def test_markdown_is_read_outside_code(self):
        text = "# What it is\n\nText `gone` here.\n```\nIt is gone.\n```\n\n    Who asks.\n\n- Whose it is.\n"
        self.assertEqual(found("a.md", text), [(1, "What it is"), (10, "Whose it is.")])
        self.assertEqual(found("a.md", "| a | Who it is. |\n"), [(1, "Who it is.")])


class Program(unittest.TestCase):
    def run_with(self, *arguments):
        return subprocess.run([sys.executable, TOOLS / "prose_check", *arguments], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_its_status_says_what_it_found(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "a.md"
            file.write_text("Plain.\n")
            self.assertEqual(self.run_with(folder).returncode, 0)
            file.write_text("Plain.\nThe link is gone.\n")
            result = self.run_with(folder)
            self.assertEqual(result.returncode, 1)
            self.assertEqual(result.stdout, f"{file}:2: 'completed', 'closed', 'destroyed' or "
                                            "'expired': The link is gone.\n")
            self.assertEqual(self.run_with(file / "none").returncode, 2)
            self.assertEqual(self.run_with("--help").returncode, 0)


if __name__ == "__main__":
    unittest.main()
