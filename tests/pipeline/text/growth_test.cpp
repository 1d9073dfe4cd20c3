#include "support/growth.hpp"

#include <stdexcept>
#include <string>

#include "pipeline/auth/base64.hpp"
#include "pipeline/auth/connection_string.hpp"
#include "pipeline/auth/sastoken.hpp"
#include "pipeline/text/decimal.hpp"
#include "pipeline/text/quoted.hpp"
#include "pipeline/text/text.hpp"
#include "pipeline/text/url.hpp"
#include "pipeline/text/utf8.hpp"

namespace azure::iot::device {
namespace {

// Work on a text that repeats this one that many times.
template <class F>
growth::Work on(std::string_view part, F f) {
  return [part, f](std::size_t size) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += part;
    return [text, f] { f(text); };
  };
}

TEST_CASE("Text: work grows with a text no faster than it does") {
  const auto quote = [](const std::string& text) { static_cast<void>(url::quote(text, "/:")); };
  const auto unquote = [](const std::string& text) { static_cast<void>(url::unquote(text)); };
  const auto utf8 = [](const std::string& text) { static_cast<void>(find_invalid_utf8(text)); };
  const auto read = [](const std::string& text) { static_cast<void>(parse_decimal(text)); };
  growth::check({
      {"quote", 1000, on("a b/\xff", quote)},
      {"unquote", 1000, on("%41%c3%2", unquote)},
      {"unquote what is not UTF-8", 1000, on("%ff%fea", unquote)},
      {"look for invalid UTF-8", 10'000, on("abc\xc3\xa4", utf8)},
      {"strip", 10'000,
       on(" \t\u2003", [](const std::string& text) { CHECK(strip(text).empty()); })},
      {"a number of zeros", 10'000, on("0", read)},
      {"a number of underscores", 10'000, on("0_", read)},
      {"blanks around a number", 10'000, on(" ", read)},
      {"base64", 10'000, on("YWJj", [](const std::string& text) { decode_base64(text); })},
      {"quote the beginning", 10'000,
       on("text ", [](const std::string& text) { CHECK(quoted(text).size() < 1000); })},
      {"a connection string", 1000,
       on("HostName=h;",
          [](const std::string& text) {
            CHECK_THROWS_AS(ConnectionString{text}, std::invalid_argument);
          })},
      {"a token", 1000,
       on("SharedAccessSignature sr",
          [](const std::string& text) { CHECK_FALSE(NonRenewableSasToken::parse(text)); })},
      {"fields of a token", 1000,
       on("&sr = x",
          [](const std::string& text) {
            CHECK_FALSE(NonRenewableSasToken::parse("SharedAccessSignature " + text));
          })},
  });
}

}  // namespace
}  // namespace azure::iot::device
