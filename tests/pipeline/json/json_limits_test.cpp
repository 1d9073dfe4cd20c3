// Each rule of the reader, by its text, and the limits of each kind of number.
#include <limits>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "pipeline/json/json.hpp"

namespace azure::iot::device {
namespace {

std::string refusal(std::string_view text) {
  const Result<Json> parsed = Json::parse(text);
  return parsed ? "accepted" : parsed.error().detail();
}

std::string reparsed(std::string_view text) { return Json::parse_or_throw(text).dump(); }

}  // namespace

TEST_CASE("Json: each rule that a text breaks is named, at its place") {
  for (const auto& rule : {
           std::pair("", "0: there is no value"),
           std::pair("1 2", "2: nothing may follow the value"),
           std::pair("{1: 2}", "1: a member's name was expected"),
           std::pair("{\"a\" 2}", "5: a colon was expected"),
           std::pair("{\"a\": 2 \"b\"}", "8: ',' or '}' was expected"),
           std::pair("[1 2]", "3: ',' or ']' was expected"),
           std::pair("[\"\\u12g4\"]", "2: \\u needs four hex digits"),
           std::pair("[\"\\ud800x\"]", "2: half a surrogate pair"),
           std::pair("[\"\\q\"]", "2: an unknown escape, or a control character in a string"),
           std::pair("[\"a", "3: the string does not end"),
           std::pair("[?]", "1: a value was expected"),
           std::pair("[\"a\xff\"]", "3: the text must be UTF-8"),
       }) {
    CAPTURE(rule.first);
    CHECK(refusal(rule.first) == "not JSON at byte " + std::string(rule.second));
  }
  CHECK(refusal("[\"\\udc00\"]").ends_with("half a surrogate pair"));
  CHECK(refusal("{\"\\udc00\": 1}").ends_with("half a surrogate pair"));
}

TEST_CASE("Json: the last integers of each kind are integers, and read as they are") {
  using Signed = std::numeric_limits<std::int64_t>;
  CHECK(Json::parse_or_throw("9223372036854775807").as_int() == Signed::max());
  CHECK(Json::parse_or_throw("-9223372036854775808").as_int() == Signed::min());
  for (const char* text :
       {"9223372036854775807", "-9223372036854775808", "9223372036854775808",
        "-9223372036854775809", "18446744073709551615", "18446744073709551616"}) {
    CHECK(reparsed(text) == text);
  }
}

TEST_CASE("Json: a number beyond a double is infinite, or nothing, whatever its digits look like") {
  CHECK(reparsed("0.0000000001e318") == "1e+308");
  CHECK(reparsed("0.0000000001e320") == "Infinity");
  CHECK(reparsed("-0.0000000001e320") == "-Infinity");
  CHECK(reparsed("10000000000e300") == "Infinity");
  CHECK(reparsed("10000000000E+300") == "Infinity");
  CHECK(reparsed("10000000000e-340") == "0.0");
  CHECK(reparsed("-1e-400") == "-0.0");
  CHECK(reparsed("0.001e-400") == "0.0");
  CHECK(reparsed(std::string(400, '9') + ".5") == "Infinity");
  CHECK(reparsed("0." + std::string(400, '0') + "9") == "0.0");
  CHECK(reparsed("1.7976931348623157e308") == "1.7976931348623157e+308");
}

TEST_CASE("Json: the last code points of each length come through, as text and as escapes") {
  for (const char* text : {"\x7f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff",
                           "\U00010000", "\U0010ffff"}) {
    const Json read = Json::parse_or_throw('"' + std::string(text) + '"');
    CHECK(read.as_string() == text);
    CHECK(Json::parse_or_throw(read.dump()).as_string() == text);
  }
  CHECK(reparsed("\"\U0010ffff\"") == R"("\udbff\udfff")");
  CHECK(reparsed("\"\U00010000\"") == R"("\ud800\udc00")");
  CHECK(Json::parse_or_throw(R"("\"\\\/\b\f\n\r\t")").as_string() == "\"\\/\b\f\n\r\t");
  CHECK(reparsed(R"("\u0000\u001f\u007f\"\\")") == R"("\u0000\u001f\u007f\"\\")");
}

}  // namespace azure::iot::device
