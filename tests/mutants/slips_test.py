"""Which slips tools/mutants makes in a source, and where it makes none."""
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from mutation.slips import sample, slips_of  # noqa: E402


def outcomes(text):
    return {" ".join(slip.apply(text).split()) for slip in slips_of("a.cpp", text)}


class Slips(unittest.TestCase):
    def test_comparisons_and_logic_are_turned_around(self):
        self.assertEqual(outcomes("return a < b && c == d;"),
                         {"return a <= b && c == d;", "return a < b || c == d;",
                          "return a < b && c != d;"})
        self.assertIn("if (x) f();", outcomes("if (!x) f();"))
        self.assertIn("std::max(a, b)", outcomes("std::min(a, b)"))
        self.assertIn("bool open = false;", outcomes("bool open = true;"))

    def test_guards_resets_and_calls_are_removed(self):
        self.assertIn("; g();", outcomes("  if (done_) return;\n  g();\n"))
        self.assertIn("; g();", outcomes("  if (a) {\n    b();\n    return;\n  }\n  g();\n"))
        self.assertIn(";", outcomes("  failures_ = 0;\n"))
        self.assertIn(";", outcomes("  timer_.cancel();\n"))
        self.assertIn(";", outcomes("  ++count_;\n"))
        self.assertIn(";", outcomes("  send_event_up(event);\n"))
        self.assertIn("if (error) fail(error);", outcomes("  if (error) return fail(error);\n"))

    def test_a_branch_with_an_else_stays(self):
        self.assertNotIn("; else c();", outcomes("  if (a) b_ = 1;\n  else c();\n"))

    def test_constants_are_off_by_one_or_by_half(self):
        self.assertEqual(outcomes("constexpr int kLimit = 256;"),
                         {"constexpr int kLimit = 257;", "constexpr int kLimit = 128;"})
        self.assertIn("Duration pause = 121s;", outcomes("Duration pause = 120s;"))
        self.assertIn("c < 0xf1", outcomes("c < 0xF0"))

    def test_arguments_and_choices_are_swapped(self):
        self.assertIn("copy(to, from);", outcomes("copy(from, to);"))
        self.assertIn("x = a ? c : b;", outcomes("x = a ? b : c;"))

    def test_an_error_gets_another_code(self):
        self.assertIn("return Error(Errc::operation_error, text);",
                      outcomes("return Error(Errc::bad_content, text);"))
        self.assertIn("fail(Errc::timed_out);", outcomes("fail(Errc::operation_error);"))
        self.assertEqual(outcomes("case Errc::service: f(a);"), set())

    def test_nothing_is_made_of_comments_texts_directives_and_assertions(self):
        for text in ("// a < b", 'f("a < b && true");', "#if A == 1", "assert(a < b);",
                     "static_assert(kLimit == 3);", "template <class T = 3>", "c = ' ';",
                     "virtual void f() = 0;", "bool operator==(const A& b) const;",
                     '  log(LogLevel::error, a && b);'):
            self.assertEqual(outcomes(text), set(), text)

    def test_a_sample_depends_on_its_seed_only_and_takes_all_kinds(self):
        text = "int a = 1;\nint b = 2;\nint c = 3;\nint d = 4;\nif (!x) y_ = true;\n"
        slips = slips_of("a.cpp", text)
        self.assertEqual(sample(slips, 4, 7), sample(slips, 4, 7))
        kinds = {slip.kind for slip in sample(slips, 4, 7)}
        self.assertIn("'!' removed", kinds)
        self.assertIn("'false' for 'true'", kinds)
        self.assertEqual(len(sample(slips, 100, 7)), len(slips))


if __name__ == "__main__":
    unittest.main()
