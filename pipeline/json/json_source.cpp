#include "pipeline/json/json_source.hpp"

namespace azure::iot::device {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool may_follow_a_number(char c) {
  constexpr std::string_view kDelimiters = " \t\n\r,]}";
  return kDelimiters.find(c) != std::string_view::npos;
}

std::size_t count_digits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  return count;
}

// -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
std::size_t decimal_length(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = count_digits(text.substr(at));
  if (whole == 0 || (whole > 1 && text[at] == '0')) return 0;
  at += whole;
  if (text.substr(at).starts_with('.')) {
    const std::size_t fraction = count_digits(text.substr(at + 1));
    if (fraction == 0) return 0;
    at += 1 + fraction;
  }
  if (text.substr(at).starts_with('e') || text.substr(at).starts_with('E')) {
    ++at;
    if (text.substr(at).starts_with('+') || text.substr(at).starts_with('-')) ++at;
    const std::size_t exponent = count_digits(text.substr(at));
    if (exponent == 0) return 0;
    at += exponent;
  }
  return at;
}

}  // namespace

std::size_t json_number_length(std::string_view text) {
  std::size_t length = 0;
  for (const std::string_view word : {"NaN", "Infinity", "-Infinity"}) {
    if (text.starts_with(word)) length = word.size();
  }
  if (length == 0) length = decimal_length(text);
  const bool ends = length == text.size() || may_follow_a_number(text[length]);
  return ends ? length : 0;
}

void JsonSource::take_number() {
  number_ = text_.substr(at_, json_number_length(text_.substr(at_)));
  at_ += number_.size();
}

}  // namespace azure::iot::device
