#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "pipeline/json/json.hpp"
#include "pipeline/json/json_object.hpp"

namespace azure::iot::device {
namespace {

// Compares exactly, as Python does: neither side is rounded to the type of the other.
bool equals_integer(double real, std::int64_t integer) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  return real >= -kTwoTo63 && real < kTwoTo63 && std::trunc(real) == real &&
         static_cast<std::int64_t>(real) == integer;
}

bool equals_integer(double real, std::uint64_t integer) {
  constexpr double kTwoTo64 = 18446744073709551616.0;
  return real >= 0 && real < kTwoTo64 && std::trunc(real) == real &&
         static_cast<std::uint64_t>(real) == integer;
}

bool equals_integer(double real, std::string_view digits) {
  constexpr std::size_t kMostDigits = std::numeric_limits<double>::max_exponent10 + 2;  // And '-'.
  if (!std::isfinite(real) || std::trunc(real) != real || digits.size() > kMostDigits) return false;
  std::array<char, kMostDigits> buffer;
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), real,
                                     std::chars_format::fixed, 0);
  return digits == std::string_view(buffer.data(), written.ptr);
}

}  // namespace

bool Json::equals_scalar(const Json& other) const {
  if (content_.index() == other.content_.index()) {
    return std::visit(
        [&other]<class T>(const T& mine) {
          if constexpr (std::same_as<T, BigInteger>) {
            return mine.digits == std::get<BigInteger>(other.content_).digits;
          } else if constexpr (std::same_as<T, Array> || std::same_as<T, ObjectBox>) {
            return true;  // Both are empty.
          } else {
            return mine == std::get<T>(other.content_);
          }
        },
        content_);
  }
  // Each integer has one representation only, so this compares a real number with an integer.
  const double* real = std::get_if<double>(&content_);
  const Json& integer = real ? other : *this;
  if (!real) real = std::get_if<double>(&other.content_);
  if (!real) return false;
  if (auto* value = std::get_if<std::int64_t>(&integer.content_)) {
    return equals_integer(*real, *value);
  }
  if (auto* value = std::get_if<std::uint64_t>(&integer.content_)) {
    return equals_integer(*real, *value);
  }
  if (auto* value = std::get_if<BigInteger>(&integer.content_)) {
    return equals_integer(*real, value->digits);
  }
  return false;
}

bool Json::operator==(const Json& other) const {
  struct Pair {
    const Json* left;
    const Json* right;
  };
  std::vector<Pair> pending;
  // Nested values are compared later.
  const auto differ = [&pending](const Json& left, const Json& right) {
    if (left.kind() != right.kind() || left.size() != right.size()) return true;
    if (left.size() == 0) return !left.equals_scalar(right);
    pending.push_back({&left, &right});
    return false;
  };
  if (differ(*this, other)) return false;
  while (!pending.empty()) {
    const auto [left, right] = pending.back();
    pending.pop_back();
    if (left->is_array()) {
      for (std::size_t i = 0; i < left->size(); ++i) {
        if (differ(left->at(i), right->at(i))) return false;
      }
    } else {
      for (const Member& member : left->members()) {
        const Json* same = right->find(member.name);
        if (!same || differ(member.value, *same)) return false;
      }
    }
  }
  return true;
}

}  // namespace azure::iot::device
