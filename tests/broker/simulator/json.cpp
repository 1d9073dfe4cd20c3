#include "common/json.hpp"

#include <string>

#include <doctest/doctest.h>

namespace simulator = azure::iot::device::simulator;
using namespace std::string_literals;

TEST_CASE("Simulator: what is no JSON is refused, and so is anything behind it") {
  for (const std::string& text :
       {""s, " "s, "1 1"s, "{}x"s, "{}\0"s, "{}\0x"s, "\0"s, "1\0"s, "[1,\0]"s, "\"a\0b\""s,
        "\"\xff\""s, "NaN"s, "01"s, "{\"a\":1,}"s}) {
    CAPTURE(text);
    CHECK_FALSE(simulator::parse_json(text));
  }
  CHECK(simulator::parse_json(R"("a\u0000b")"));
  CHECK(simulator::parse_json(" {} "));
}

TEST_CASE("Simulator: an integer outside of 64 bits is none") {
  const auto read = [](const std::string& number) {
    return simulator::integer_member(*simulator::parse_json("{\"a\":" + number + "}"), "a", 7);
  };
  CHECK(read("-9223372036854775808") == INT64_MIN);
  CHECK(read("9223372036854775807") == INT64_MAX);
  CHECK(read("9223372036854775808") == 7);
  CHECK(read("-9223372036854775809") == 7);
  CHECK(read("1.0") == 7);
}
