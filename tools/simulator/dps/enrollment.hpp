// The enrollment of a device or of a group of devices, and the outcome of its registrations.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json.hpp"
#include "hub/authenticator.hpp"

namespace azure::iot::device::simulator {

struct Enrollment {
  std::string name;  // The registration id of a device; any name for a group.
  bool group = false;
  // One of the two, the other is empty.
  std::string key;          // Base64. A group's key derives the keys of its devices.
  std::string certificate;  // PEM. The device's own, or that of a group's authority.

  std::string outcome = "assigned";  // Or "failed", "disabled".
  std::string hub;                   // The hub's host; empty: the first hub.
  std::string device_id;             // Empty: the registration id. Not for groups.
  std::int64_t assigning = 0;        // How often a status is "assigning" before it is final.
  std::int64_t retry_after = 1;      // The retry-after between two requests, in seconds.
  std::int64_t throttled = 0;        // How many of the next requests are answered with 429.
  std::string payload;               // JSON for the device; empty for none.

  bool x509() const { return !certificate.empty(); }
  // The key of a device.
  std::string key_for(std::string_view registration_id) const;
  // Whether a device of this enrollment may present this certificate.
  bool admits(const ClientCertificate& shown) const;
};

// Names, defaults and rules are the same in the configuration, in the file of changes and in the
// command 'enroll'. A member that `from` does not name stays as it is. A new key replaces the
// certificate, and the reverse. Throws std::invalid_argument for a value that breaks its rule.
void change(Enrollment& enrollment, const JsonValue& from);
JsonObject to_json(const Enrollment& enrollment);

// Returns the enrollments that were changed since the service was first started in that folder.
std::vector<Enrollment> saved_enrollments(const std::filesystem::path& directory);
void save_enrollments(const std::filesystem::path& directory,
                      const std::vector<Enrollment>& enrollments);
// Gives the enrollments that an earlier run left in the folder the keys and certificates of this
// run.
void renew_credentials(const std::filesystem::path& directory,
                       const std::vector<Enrollment>& given);

}  // namespace azure::iot::device::simulator
