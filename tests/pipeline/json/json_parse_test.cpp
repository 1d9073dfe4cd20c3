#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "pipeline/json/json.hpp"

namespace azure::iot::device {
namespace {

std::string reparsed(std::string_view text) {
  const Result<Json> parsed = Json::parse(text);
  return parsed ? parsed->dump() : parsed.error().detail();
}

std::string nested_text(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

}  // namespace

TEST_CASE("Json: 256 levels are read and the 257th is refused") {
  CHECK(Json::parse(nested_text(256)));
  const Result<Json> refused = Json::parse(nested_text(257));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == Errc::bad_content);
  CHECK(refused.error().detail().ends_with("nested deeper than 256 levels"));
  CHECK_FALSE(Json::parse(std::string(1'000'000, '[')));
  std::string objects;
  for (int i = 0; i < 257; ++i) objects += R"({"a":)";
  CHECK_FALSE(Json::parse(objects + "1" + std::string(257, '}')));
}

TEST_CASE("Json: where a name occurs twice, the last value stands in the first place") {
  CHECK(reparsed(R"({"a": 1, "b": 2, "a": 3, "c": 4, "a": 5})") == R"({"a": 5, "b": 2, "c": 4})");
  // The same with enough members for an index.
  std::string text = "{";
  for (int i = 0; i < 100; ++i)
    text += "\"n" + std::to_string(i % 50) + "\":" + std::to_string(i) + ",";
  const Json many = Json::parse_or_throw(text + R"("end":0})");
  CHECK(many.size() == 51);
  CHECK(many.members()[0].name == "n0");
  CHECK(many["n0"] == 50);
  CHECK(many.members()[50].name == "end");
  CHECK(many["end"] == 0);
}

TEST_CASE("Json: numbers are read and written as in Python") {
  CHECK(reparsed("-0") == "0");
  CHECK(reparsed("-0.0") == "-0.0");
  CHECK(reparsed("1E5") == "100000.0");
  CHECK(reparsed("1e400") == "Infinity");
  CHECK(reparsed("-1e400") == "-Infinity");
  CHECK(reparsed("1e-400") == "0.0");
  CHECK(reparsed("0e999999999999") == "0.0");
  CHECK(reparsed("0.001e400") == "Infinity");
  CHECK(reparsed("[NaN, Infinity, -Infinity]") == "[NaN, Infinity, -Infinity]");
  CHECK(reparsed("123456789012345678901234567890") == "123456789012345678901234567890");
  CHECK(reparsed("-9223372036854775809") == "-9223372036854775809");
  CHECK(reparsed("18446744073709551615") == "18446744073709551615");
  CHECK(reparsed("9007199254740993.0") == "9007199254740992.0");
}

TEST_CASE("Json: what is no JSON number is refused") {
  for (const char* text : {"01", "1.", ".5", "+1", "1e", "1e+", "--1", "1.5.2", "0x1", "-", "Inf",
                           "-NaN", "nan", "1NaN", "Infinityx", "00"}) {
    CAPTURE(text);
    CHECK_FALSE(Json::parse(text));
    CHECK_FALSE(Json::parse(std::string("[1, ") + text + "]"));
  }
}

TEST_CASE("Json: what is no JSON is refused, whatever follows or is missing") {
  for (const char* text :
       {"", " ", "nul", "{bad", "{} x", "[1,]", "{\"a\":1,}", "{\"a\"}", "[1 2]", "\"", "\"\\x\"",
        "\"\\u12\"", "\"\n\"", "'a'", "]", "{\"a\":}", "{1:2}", "/* */ 1", "\xEF\xBB\xBF{}"}) {
    CAPTURE(text);
    CHECK_FALSE(Json::parse(text));
  }
  using namespace std::string_view_literals;
  CHECK_FALSE(Json::parse("{}\0"sv));
  CHECK_FALSE(Json::parse("{}\0{}"sv));
  CHECK_FALSE(Json::parse("\"a\0b\""sv));
}

TEST_CASE("Json: bytes that are no UTF-8 are refused, also too long forms and surrogates") {
  for (const char* bytes : {"\x80", "\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                            "\xf0\x80\x80\x80", "\xe2\x82"}) {
    CHECK_FALSE(Json::parse(bytes));
    CHECK_FALSE(Json::parse('"' + std::string(bytes) + '"'));
    CHECK_FALSE(Json::parse("{\"" + std::string(bytes) + "\": 1}"));
  }
  CHECK_FALSE(Json::parse(R"("\ud800")"));
  CHECK_FALSE(Json::parse(R"("\udc00")"));
  CHECK_FALSE(Json::parse(R"("\ud800\u0041")"));
  CHECK_FALSE(Json::parse(R"("\ud800\ud800")"));
  CHECK_FALSE(Json::parse(R"({"\udc00": 1})"));
}

TEST_CASE("Json: text beyond ASCII comes back as escapes, beyond 16 bits as a pair") {
  CHECK(reparsed("\"é\\u00e9\\/\"") == R"("\u00e9\u00e9/")");
  CHECK(reparsed("\"😀\"") == R"("\ud83d\ude00")");
  CHECK(reparsed(R"("\ud83d\ude00")") == R"("\ud83d\ude00")");
  CHECK(Json::parse_or_throw(R"("\ud83d\ude00")") == "😀");
  CHECK(Json::parse_or_throw(R"("a\u0000b")").as_string().size() == 3);
}

TEST_CASE("Json: an error names the position and the rule, never the text") {
  const Result<Json> refused = Json::parse(R"({"password": "hunter2" "next": 1})");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail() == "not JSON at byte 23: ',' or '}' was expected");
  CHECK_THROWS_WITH_AS(Json::parse_or_throw("[1, ?]"),
                       "JSON: not JSON at byte 4: a value was expected", std::invalid_argument);
}

TEST_CASE("Json: a string of a megabyte and an array of a hundred thousand pass through") {
  const std::string megabyte(1'000'000, 'x');
  CHECK(Json::parse_or_throw('"' + megabyte + '"').as_string() == megabyte);
  std::string text = "[0";
  for (int i = 1; i < 100'000; ++i) text += ", " + std::to_string(i);
  text += "]";
  CHECK(reparsed(text) == text);
}

}  // namespace azure::iot::device
