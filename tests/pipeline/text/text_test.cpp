#include "pipeline/text/text.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "pipeline/text/topic_properties.hpp"
#include "pipeline/text/user_agent.hpp"
#include "pipeline/text/utc_text.hpp"

namespace azure::iot::device {
namespace {

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  for (bool more = true; more;) parts.emplace_back(take_part(text, '/', more));
  return parts;
}
using Parts = std::vector<std::string>;

}  // namespace

TEST_CASE("Text: blanks of each kind are stripped from both ends, and nothing else") {
  for (const std::string_view blank : kBlanks) {
    const std::string around = std::string(blank) + "a" + std::string(blank) + "b";
    CHECK(strip(around + std::string(blank)) == "a" + std::string(blank) + "b");
    CHECK(strip(blank).empty());
  }
  CHECK(strip(" \t\n mixed \r\v ") == "mixed");
  CHECK(strip("").empty());
  CHECK(strip("\u200b") == "\u200b");  // Zero-width, but not a blank.
}

TEST_CASE("Text: a text is taken apart at each separator, empty parts and all") {
  CHECK(parts_of("a/b") == Parts{"a", "b"});
  CHECK(parts_of("/a//b/") == Parts{"", "a", "", "b", ""});
  CHECK(parts_of("") == Parts{""});
  CHECK(nth_part("a/b/c", '/', 0) == "a");
  CHECK(nth_part("a/b/c", '/', 2) == "c");
  CHECK_FALSE(nth_part("a/b/c", '/', 3));
  CHECK(nth_part("", '/', 0) == "");
  CHECK_FALSE(nth_part("", '/', 1));
}

TEST_CASE("Text: a property of a topic is decoded, with or without a value") {
  std::string_view rest = "a%20b=c%26d&alone&empty=&=nameless&twice=1=2&plus=a+b";
  bool more = true;
  const auto next = [&] { return take_topic_property(rest, more); };
  TopicProperty property = next();
  CHECK(property.name == "a b");
  CHECK(property.value == "c&d");
  CHECK(property.has_value);
  property = next();
  CHECK(property.name == "alone");
  CHECK_FALSE(property.has_value);
  CHECK(property.value.empty());
  property = next();
  CHECK(property.name == "empty");
  CHECK(property.has_value);
  property = next();
  CHECK(property.name.empty());
  CHECK(property.value == "nameless");
  CHECK(next().value == "1");
  CHECK(more);
  CHECK(next().value == "a+b");
  CHECK_FALSE(more);
}

TEST_CASE("Text: a time is written in UTC, down to the second") {
  using namespace std::chrono_literals;
  CHECK(utc_text(WallTime{}) == "1970-01-01 00:00:00 UTC");
  CHECK(utc_text(WallTime{1'700'000'000s + 999ms}) == "2023-11-14 22:13:20 UTC");
  CHECK(utc_text(WallTime{-1ns}) == "1969-12-31 23:59:59 UTC");
  CHECK(utc_text(std::chrono::sys_seconds::max()) == "9999-12-31 23:59:59 UTC");
  CHECK(utc_text(std::chrono::sys_seconds::min()) == "0000-01-01 00:00:00 UTC");
}

TEST_CASE("Text: a user agent names the version, and where it runs") {
  CHECK(format_user_agent("me", "1.2", {"gcc 12", "Linux", "#1 SMP", "x86_64"}) ==
        "me/1.2(gcc 12;Linux #1 SMP;x86_64)");
  const PlatformInfo here = this_platform();
  CHECK(here.os_type == "Linux");
  CHECK_FALSE(here.os_release.empty());
  CHECK_FALSE(here.architecture.empty());
  CHECK(here.runtime.find('.') != std::string::npos);
  CHECK_FALSE(kVersion.empty());
}

}  // namespace azure::iot::device
