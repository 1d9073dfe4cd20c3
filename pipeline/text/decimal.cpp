#include "pipeline/text/decimal.hpp"

#include <limits>

#include "pipeline/text/text.hpp"

namespace azure::iot::device {
namespace {

struct Decimal {
  std::int64_t value = 0;
  bool too_large = false;
};

Result<Decimal> parse(std::string_view text) {
  using Limits = std::numeric_limits<std::int64_t>;
  std::string_view rest = strip(text);
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);

  Decimal decimal;
  bool after_digit = false;
  for (const char c : rest) {
    if (c == '_' && after_digit) {
      after_digit = false;
      continue;
    }
    if (c < '0' || c > '9') return Error(Errc::bad_content, "a whole number was expected");
    after_digit = true;
    if (decimal.too_large) continue;
    const std::int64_t digit = negative ? '0' - c : c - '0';
    decimal.too_large = __builtin_mul_overflow(decimal.value, std::int64_t{10}, &decimal.value) ||
                        __builtin_add_overflow(decimal.value, digit, &decimal.value);
  }
  if (!after_digit) return Error(Errc::bad_content, "a whole number was expected");
  if (decimal.too_large) decimal.value = negative ? Limits::min() : Limits::max();
  return decimal;
}

}  // namespace

Result<std::int64_t> parse_decimal(std::string_view text) {
  const auto decimal = parse(text);
  if (!decimal) return decimal.error();
  if (decimal->too_large) return Error(Errc::bad_content, "the number is too large");
  return decimal->value;
}

Result<std::int64_t> parse_saturating_decimal(std::string_view text) {
  const auto decimal = parse(text);
  if (!decimal) return decimal.error();
  return decimal->value;
}

}  // namespace azure::iot::device
