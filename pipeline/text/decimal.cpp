#include "pipeline/text/decimal.hpp"

#include "pipeline/text/text.hpp"

namespace azure::iot::device {

Result<std::int64_t> parse_decimal(std::string_view text) {
  std::string_view rest = strip(text);
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);

  std::int64_t value = 0;
  bool after_digit = false;
  for (const char c : rest) {
    if (c == '_' && after_digit) {
      after_digit = false;
      continue;
    }
    if (c < '0' || c > '9') return Error(Errc::bad_content, "a whole number was expected");
    const std::int64_t digit = negative ? '0' - c : c - '0';
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value) ||
        __builtin_add_overflow(value, digit, &value)) {
      return Error(Errc::bad_content, "the number is too large");
    }
    after_digit = true;
  }
  if (!after_digit) return Error(Errc::bad_content, "a whole number was expected");
  return value;
}

}  // namespace azure::iot::device
