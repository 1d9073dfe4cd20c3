// The configuration of a provisioning service, which the launcher passes to the plugin in a private
// file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dps/enrollment.hpp"

namespace azure::iot::device::simulator {

// A hub to which devices can be assigned.
struct LinkedHub {
  std::string host;                 // As devices receive it.
  std::filesystem::path directory;  // The folder of its state.
};

struct DpsConfig {
  std::string id_scope = "0ne00000000";
  std::vector<LinkedHub> hubs;  // A device goes to the first unless its enrollment says otherwise.
  std::vector<Enrollment> enrollments;
  std::int64_t register_rate = 0;  // Per second; 0: no limit.
  std::string control_secret;
  std::filesystem::path directory;
};

std::string to_json_text(const DpsConfig& config);

// Returns nothing if the text is the configuration of a hub. Throws std::runtime_error if it is
// damaged.
std::optional<DpsConfig> parse_dps_config(std::string_view text);

}  // namespace azure::iot::device::simulator
