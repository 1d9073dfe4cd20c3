#include <string>

#include <doctest/doctest.h>

#include "pipeline/json/json.hpp"

namespace azure::iot::device {

TEST_CASE("Json: a real number is written as Python's repr does, with an exponent or without") {
  struct Case {
    double value;
    std::string text;
  };
  for (const Case& c : {Case{0.5, "0.5"},
                        {0.05, "0.05"},
                        {0.25, "0.25"},
                        {0.001, "0.001"},
                        {0.0001, "0.0001"},
                        {0.00012345, "0.00012345"},
                        {0.00001, "1e-05"},
                        {9.5e-5, "9.5e-05"},
                        {-0.25, "-0.25"},
                        {-0.0, "-0.0"},
                        {0.1, "0.1"},
                        {1.5, "1.5"},
                        {10.0, "10.0"},
                        {100.0, "100.0"},
                        {123456.789, "123456.789"},
                        {1e15, "1000000000000000.0"},
                        {1234567890123456.0, "1234567890123456.0"},
                        {9999999999999998.0, "9999999999999998.0"},
                        {1e16, "1e+16"},
                        {12345678901234567.0, "1.2345678901234568e+16"},
                        {-1e16, "-1e+16"},
                        {1e22, "1e+22"},
                        {5e-324, "5e-324"},
                        {1.7976931348623157e308, "1.7976931348623157e+308"}}) {
    CAPTURE(c.text);
    CHECK(Json(c.value).dump() == c.text);
    CHECK(Json::parse_or_throw(c.text) == Json(c.value));
  }
}

TEST_CASE("Json: each character is written as it is, or as the escape that Python writes") {
  CHECK(Json(" ~!#[]").dump() == R"(" ~!#[]")");
  CHECK(Json("\"\\\b\f\n\r\t").dump() == R"("\"\\\b\f\n\r\t")");
  CHECK(Json(std::string("\0\x01\x1f\x7f", 4)).dump() == R"("\u0000\u0001\u001f\u007f")");
  CHECK(Json("\u0080\u00e9\uffff").dump() == R"("\u0080\u00e9\uffff")");
  CHECK(Json("\U00010000\U0001f600\U0010ffff").dump() ==
        R"("\ud800\udc00\ud83d\ude00\udbff\udfff")");
}

TEST_CASE("Json: what follows an escaped quotation mark still belongs to the text") {
  for (const std::string text :
       {R"("a\"1")", R"("\"-Infinity\"")", R"("\\\"NaN")", R"(["\\", 1, "\\\\", -2])",
        R"({"\"1": "\\", "N\"I": "\"-5\"", "c": 3})"}) {
    CAPTURE(text);
    CHECK(Json::parse_or_throw(text).dump() == text);
  }
  CHECK_FALSE(Json::parse(R"("a\\"1")"));
}

TEST_CASE("Json: containers are equal only to those of the same kind, size and content") {
  const Json one = Json::array({1});
  CHECK(one == Json::array({1.0}));
  CHECK_FALSE(one == Json::array({1, 2}));
  CHECK_FALSE(Json::array({1, 2}) == one);
  CHECK_FALSE(one == Json{{"0", 1}});
  CHECK_FALSE(Json{{"0", 1}} == one);
  CHECK(Json{{"a", 1}, {"b", 2}} == Json{{"b", 2}, {"a", 1}});
  CHECK_FALSE(Json{{"a", 1}} == Json{{"a", 1}, {"b", 2}});
  CHECK_FALSE(Json{{"a", 1}} == Json{{"b", 1}});
  CHECK_FALSE(Json{{"a", {{"b", 1}}}} == Json{{"a", {{"b", 2}}}});
  CHECK_FALSE(Json::array() == Json::object());
  CHECK_FALSE(Json::array() == Json());
  CHECK(Json::array() == Json::array());
}

}  // namespace azure::iot::device
