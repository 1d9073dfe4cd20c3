#include "names.hpp"

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "pipeline/text/decimal.hpp"

namespace azure::iot::device::conformance {
namespace {

constexpr std::string_view kRequestId = "rid-";

// Splits a text at its request ids: every second part is one.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (;;) {
    const std::size_t id = text.find(kRequestId, begin);
    if (id == std::string_view::npos) break;
    std::size_t end = id + kRequestId.size();
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
    parts.emplace_back(text.substr(begin, id - begin));
    parts.emplace_back(text.substr(id, end - id));
    begin = end;
  }
  parts.emplace_back(text.substr(begin));
  return parts;
}

}  // namespace

bool Names::may_be_same(const std::string& recorded, const std::string& actual) const {
  const auto known = actual_.find(recorded);
  return known == actual_.end() ? !taken_.contains(actual) : known->second == actual;
}

bool Names::may_be_same_text(std::string_view recorded, std::string_view actual,
                             Pairs& pairs) const {
  const auto want = split(recorded);
  const auto have = split(actual);
  if (want.size() != have.size()) return false;
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (i % 2 == 0) {
      if (want[i] != have[i]) return false;
    } else {
      if (!may_be_same(want[i], have[i])) return false;
      pairs.push_back({want[i], have[i]});
    }
  }
  return true;
}

std::vector<std::string> Names::request_ids_in(std::string_view text) {
  const auto parts = split(text);
  std::vector<std::string> ids;
  for (std::size_t i = 1; i < parts.size(); i += 2) ids.push_back(parts[i]);
  return ids;
}

void Names::learn(const Pairs& pairs) {
  for (const Pair& pair : pairs) {
    actual_.emplace(pair.recorded, pair.actual);
    taken_.insert(pair.actual);
  }
}

void Names::learn_missing(const std::string& recorded) { actual_.emplace(recorded, ""); }

std::string Names::actual(const std::string& recorded) const {
  const auto known = actual_.find(recorded);
  if (known != actual_.end()) return known->second;
  if (!recorded.starts_with(kRequestId)) return recorded;
  // Request ids count up, and those that are missing here are not counted.
  const auto number = parse_decimal(recorded.substr(kRequestId.size()));
  if (!number) return recorded;
  std::int64_t here = *number;
  for (const auto& [other, actual] : actual_) {
    if (!actual.empty() || !other.starts_with(kRequestId)) continue;
    const auto missing = parse_decimal(other.substr(kRequestId.size()));
    if (missing && *missing < *number) --here;
  }
  return std::string(kRequestId) + std::to_string(here);
}

std::string Names::actual_text(std::string_view recorded) const {
  auto parts = split(recorded);
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    // A request that was not made here must not occupy the name of another.
    const std::string known = i % 2 == 0 ? parts[i] : actual(parts[i]);
    text += known.empty() && i % 2 == 1 ? "no-request" : known;
  }
  return text;
}

}  // namespace azure::iot::device::conformance
