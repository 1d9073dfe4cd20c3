#include "pipeline/text/url.hpp"

#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "pipeline/text/decimal.hpp"
#include "pipeline/text/utf8.hpp"

namespace azure::iot::device {

TEST_CASE("Url: quoting encodes every byte that is not unreserved or named as safe") {
  CHECK(url::quote("a/b c") == "a%2Fb%20c");
  CHECK(url::quote("a/b c", "/") == "a/b%20c");
  CHECK(url::quote("//ab//c/") == "%2F%2Fab%2F%2Fc%2F");
  CHECK(url::quote("abc") == "abc");
  CHECK(url::quote("").empty());
  CHECK(url::quote("\xff") == "%FF");
  CHECK(url::quote_plus("a b+c") == "a+b%2Bc");
  CHECK(url::quoted_size("a/b c") == url::quote("a/b c").size());
}

TEST_CASE("Url: unquoting undoes quoting for every byte") {
  for (int i = 1; i < 128; ++i) {
    const std::string text(1, static_cast<char>(i));
    CHECK(url::unquote(url::quote(text)) == text);
  }
  CHECK(url::unquote("a%2") == "a%2");
  CHECK(url::unquote("%") == "%");
  CHECK(url::unquote("%%41") == "%A");
  CHECK(url::unquote("%e9") == "\uFFFD");
  CHECK(url::unquote("%E6%97x") == "\uFFFDx");
  CHECK(url::unquote("%F0%9F%98") == "\uFFFD");
  CHECK(url::unquote("%C0%80") == "\uFFFD\uFFFD");
}

TEST_CASE("Url: every byte is quoted, or left alone, and unquoted to what it was") {
  const std::string unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~";
  CHECK(url::quote(unreserved) == unreserved);
  CHECK(url::quoted_size(unreserved) == unreserved.size());
  for (int i = 0; i < 256; ++i) {
    const std::string byte(1, static_cast<char>(i));
    const bool safe = unreserved.find(byte) != std::string::npos;
    CHECK(url::quote(byte).size() == (safe ? 1 : 3));
    CHECK(url::quoted_size(byte) == url::quote(byte).size());
    if (i < 128) CHECK(url::unquote(url::quote(byte)) == byte);
  }
  CHECK(url::quote("\x0f\xf0") == "%0F%F0");
  CHECK(url::unquote("%2f%2F%e2%82%ac") == "//\u20ac");
  for (const char* text : {"%g0", "%0g", "%/0", "%:0", "%@0", "%`0", "%G0", "%2", "100%"}) {
    CHECK(url::unquote(text) == text);
  }
  CHECK(url::unquote("%41") == "A");  // Also at the end of the text.
  CHECK(url::quote_plus("+ /") == "%2B+%2F");
  std::string to = "before ";
  url::append_quoted(to, "a b", " ");
  CHECK(to == "before a b");
}

TEST_CASE("Utf8: the first byte that is none is found, also behind eight of ASCII") {
  CHECK(find_invalid_utf8("") == std::string_view::npos);
  CHECK(find_invalid_utf8("plain text, é, 日本, 😀 and more of it") == std::string_view::npos);
  CHECK(find_invalid_utf8("12345678\xff") == 8);
  CHECK(find_invalid_utf8("1234567\xc3") == 7);
  CHECK(find_invalid_utf8("é\xe2\x82") == 2);
  CHECK(next_utf8("😀", 0).code_point == 0x1F600);
}

TEST_CASE("Decimal: a whole number is read as Python's int does, and nothing else is") {
  CHECK(*parse_decimal("200") == 200);
  CHECK(*parse_decimal(" +007\n") == 7);
  CHECK(*parse_decimal("1_000") == 1000);
  CHECK(*parse_decimal("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
  for (const char* text : {"", " ", "-", "+", "1.5", "soon", "1e3", "0x1", "_1", "1_", "1__0",
                           "1 0", "9223372036854775808", "--1"}) {
    CAPTURE(text);
    CHECK(parse_decimal(text).error().code() == Errc::bad_content);
  }
}

TEST_CASE("Decimal: a time that needs more than 64 bits is the last or the first that does not") {
  using Limits = std::numeric_limits<std::int64_t>;
  CHECK(*parse_saturating_decimal("42") == 42);
  CHECK(*parse_saturating_decimal("9223372036854775808") == Limits::max());
  CHECK(*parse_saturating_decimal("-" + std::string(1000, '9')) == Limits::min());
  CHECK(parse_saturating_decimal(std::string(1000, '9') + "x").error().code() == Errc::bad_content);
  CHECK(parse_saturating_decimal("").error().code() == Errc::bad_content);
}

}  // namespace azure::iot::device
