#include "pipeline/auth/connection_string.hpp"

#include <algorithm>
#include <stdexcept>

#include "pipeline/auth/wipe.hpp"
#include "pipeline/text/text.hpp"

namespace azure::iot::device {
namespace {

[[noreturn]] void throw_invalid(const std::string& rule) {
  throw std::invalid_argument("Invalid Connection String - " + rule);
}

// Returns kNames.size() if there is no such name.
std::size_t index_of(std::string_view name) {
  const auto& names = ConnectionString::kNames;
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

std::string all_names() {
  std::string list;
  for (const std::string_view name : ConnectionString::kNames) {
    if (!list.empty()) list += ", ";
    list += name;
  }
  return list;
}

}  // namespace

// Errors identify an unknown part by its number: after a mistyped separator, the apparent name may
// be the key. The delegating constructor lets the destructor wipe the parts read before a throw.
ConnectionString::ConnectionString(std::string_view text) : ConnectionString() {
  if (text.empty()) {
    throw_invalid("it is empty; give that of a device or module, as the Azure portal shows it");
  }
  std::size_t number = 0;
  std::size_t unknown = 0;  // The first part whose name is not known.
  for (bool more = true; more;) {
    const std::string_view part = take_part(text, ';', more);
    const std::string which = "part " + std::to_string(++number);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      throw_invalid("Unable to parse: " + which + " must be name=value" +
                    (part.empty() ? ", but is empty" : ""));
    }
    const std::size_t index = index_of(part.substr(0, equals));
    if (index == kNames.size()) {
      if (unknown == 0) unknown = number;
      continue;
    }
    if (values_[index]) {
      throw_invalid("Unable to parse: " + std::string(kNames[index]) + " is given twice");
    }
    values_[index].emplace(part.substr(equals + 1));
  }
  if (unknown != 0) {
    throw_invalid("Invalid Key: part " + std::to_string(unknown) + " has a name that is none of " +
                  all_names());
  }
  check_parts();
}

ConnectionString::~ConnectionString() {
  for (auto& value : values_) {
    if (value) wipe(*value);
  }
}

std::optional<std::string_view> ConnectionString::get(std::string_view name) const& {
  const std::size_t index = index_of(name);
  if (index == kNames.size() || !values_[index]) return std::nullopt;
  return *values_[index];
}

void ConnectionString::check_parts() const {
  if (!shared_access_key().empty() && !x509().empty()) {
    throw_invalid("Mixed authentication scheme: give either SharedAccessKey or x509");
  }
  if (host_name().empty()) throw_invalid("Incomplete: HostName is missing or empty");
  if (device_id().empty() && shared_access_key_name().empty()) {
    throw_invalid("Incomplete: DeviceId is missing or empty");
  }
  if (shared_access_key().empty() && (x509().empty() || device_id().empty())) {
    throw_invalid("Incomplete: SharedAccessKey is missing or empty");
  }
}

}  // namespace azure::iot::device
