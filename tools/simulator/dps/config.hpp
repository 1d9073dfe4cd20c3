// What the launcher tells the plugin of a provisioning service through a private file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dps/enrollment.hpp"

namespace azure::iot::device::simulator {

// A hub that devices can be given to.
struct LinkedHub {
  std::string host;                 // As devices are told it.
  std::filesystem::path directory;  // Where it keeps its state.
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

// Nothing when the text is not what `to_json_text` writes for a provisioning service, but for a
// hub. Throws std::runtime_error when it is damaged.
std::optional<DpsConfig> parse_dps_config(std::string_view text);

}  // namespace azure::iot::device::simulator
