#include "tools/conformance/wire/scope.hpp"

#include <set>
#include <string_view>
#include <utility>

#include "tools/conformance/wire/hub_options.hpp"
#include "tools/conformance/wire/provisioning_options.hpp"
#include "transport/tunnel/tunnel.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

const std::set<std::string_view> kHttpCalls{"get_storage_info_for_blob",
                                            "notify_blob_upload_status", "invoke_method"};

bool is_known_option(std::string_view name) {
  for (const auto& row : kHubOptions) {
    if (row.name == name) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> missing_feature(const Vector& vector) {
  const std::string& from = vector.create["from"].as_string();
  if (from == "edge_environment") return "Edge environment";
  for (const Json& step : vector.steps) {
    const Json& call = member(step, "do");
    if (call.is_string() && kHttpCalls.contains(call.as_string())) return "HTTP";
  }
  const Json& options = member(vector.create, "options");
  const bool tunnel =
      member(options, "websockets") == Json(true) || !member(options, "proxy_options").is_null();
  if (tunnel && !Tunnel::available()) return "tunnels";
  return std::nullopt;
}

std::optional<std::string> refused_option(const Vector& vector) {
  const std::string& from = vector.create["from"].as_string();
  const Json& options = member(vector.create, "options");
  if (!options.is_object()) return std::nullopt;
  for (const JsonMember& option : options.members()) {
    if (vector.client == "provisioning"
            ? takes_provisioning_option(from, option.name).value_or(false)
            : takes_option(from, option.name).value_or(is_known_option(option.name))) {
      continue;
    }
    return "create_from_" + from + " has no option " + option.name;
  }
  return std::nullopt;
}

}  // namespace azure::iot::device::conformance::wire
