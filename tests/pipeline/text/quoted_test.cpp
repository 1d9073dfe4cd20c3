#include "pipeline/text/quoted.hpp"

#include <stdexcept>

#include <doctest/doctest.h>

#include "pipeline/error.hpp"
#include "support/log_listener.hpp"

namespace azure::iot::device {
namespace {

TEST_CASE("Quoted: text from outside stands in quotation marks, its own ones escaped") {
  CHECK(quoted("") == R"("")");
  CHECK(quoted("plain, é, 日本, 😀") == "\"plain, é, 日本, 😀\"");
  CHECK(quoted(R"(a "b" \c)") == R"("a \"b\" \\c")");
  CHECK(escaped(R"(a "b" \c)") == R"(a "b" \c)");
}

TEST_CASE("Quoted: no control character, reversed direction or broken byte gets through") {
  CHECK(quoted(std::string_view("\0\x1b[31m\r\n\t\x7f", 10)) == R"("\x00\x1b[31m\r\n\t\x7f")");
  CHECK(quoted("\u0085\u2028\u202e\u2066\u200b\ufeff") ==
        R"("\u0085\u2028\u202e\u2066\u200b\ufeff")");
  CHECK(quoted("a\xff\xc3") == R"("a\xff\xc3")");
  CHECK(quoted("\xed\xa0\x80") == R"("\xed\xa0\x80")");
  CHECK(escaped("one\ntwo\x1b") == R"(one\ntwo\x1b)");
}

TEST_CASE("Quoted: the first and the last of each range are escaped, and none beside them") {
  for (const char* shown : {" ", "~", "\u00a0", "\u061b", "\u061d", "\u200a", "\u2010", "\u2027",
                            "\u202f", "\u205f", "\u2070", "\ufefe", "\uff00"}) {
    CAPTURE(shown);
    CHECK(escaped(shown) == shown);
  }
  CHECK(escaped("\x01\x1f\x7f") == R"(\x01\x1f\x7f)");
  CHECK(escaped("\u0080\u009f\u061c\ufeff") == R"(\u0080\u009f\u061c\ufeff)");
  CHECK(escaped("\u200b\u200f\u2028\u202e") == R"(\u200b\u200f\u2028\u202e)");
  CHECK(escaped("\u2060\u206f") == R"(\u2060\u206f)");
  CHECK(escaped("\u000a\x80\x9f\xa0") == R"(\n\x80\x9f\xa0)");
}

TEST_CASE("Quoted: a long text is cut, and not within a character") {
  const std::string long_text(10'000, 'x');
  CHECK(quoted(long_text) == '"' + std::string(200, 'x') + '"');
  CHECK(quoted(long_text, 3) == "\"xxx\"");
  CHECK(escaped(long_text, 3) == "xxx...");
  CHECK(escaped("xxx", 3) == "xxx");
  CHECK(quoted("aé", 2) == "\"a\"");
  CHECK(quoted("a😀", 4) == "\"a\"");
  CHECK(quoted("😀", 3) == "\"\"");
  CHECK(quoted("é", 1) == "\"\"");
  CHECK(quoted("a😀", 5) == "\"a😀\"");
  // Stray continuation bytes do not shorten the shown text.
  CHECK(quoted("\x80\x80\x80\x80\x80", 4) == R"("\x80\x80\x80\x80")");
  CHECK(quoted("\xf0\x80\x80\x80\x80", 4) == R"("\xf0\x80\x80\x80")");
  CHECK(escaped(std::string(10'000, '\x01')).size() == 4 * kLongestSentence + 3);
}

TEST_CASE("Quoted: the words of an exception are shown, even if there are none") {
  struct Silent : std::exception {
    const char* what() const noexcept override { return nullptr; }
  };
  CHECK(words_of(std::runtime_error("went\nwrong")) == R"(went\nwrong)");
  CHECK(words_of(Silent()) == "an exception without a text");
}

TEST_CASE("Error: its text never has control characters, whatever it was made of") {
  const Error error(Errc::service, "status \x1b[2J\nnext", Error(Errc::bad_content, "a\rb"));
  CHECK(error.describe() == R"(service: status \x1b[2J\nnext (because of bad_content: a\rb))");
  CHECK(error.with_service_status(400).detail() == R"(status \x1b[2J\nnext)");
}

TEST_CASE("Log: each record is one line without control characters") {
  test::LogListener log(LogLevel::info);
  log_for("dev\n1", LogLevel::info, "Sta\rge", "a\nb", std::string("\xff"));
  CHECK(log.records == std::vector<std::string>{R"(info|Sta\rge|dev\n1|a\nb\xff)"});
}

}  // namespace
}  // namespace azure::iot::device
