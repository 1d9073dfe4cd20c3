#include "common/ids.hpp"

#include <algorithm>

namespace azure::iot::device::simulator {

namespace {

constexpr std::size_t kLongest = 128;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool consists_of(std::string_view text, std::string_view others) {
  return !text.empty() && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
         });
}

}  // namespace

bool is_identity_id(std::string_view text) { return consists_of(text, "-._:%*?!(),=@;$'"); }

bool is_registration_id(std::string_view text) {
  return consists_of(text, "-._:") && (is_alphanumeric(text.back()) || text.back() == '-');
}

}  // namespace azure::iot::device::simulator
