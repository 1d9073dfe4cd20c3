#include "hub/topics.hpp"

#include <charconv>

namespace azure::iot::device::simulator {

namespace {

// Removes `prefix` from the start of `text` if it is there.
bool skip(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Removes `devices/{device}[/modules/{module}]/`. SDKs differ in whether they encode the ids.
bool skip_own_branch(std::string_view& topic, const Identity& identity) {
  const auto skip_id = [&](const std::string& id) {
    return skip(topic, id + "/") || skip(topic, percent_encode(id) + "/");
  };
  if (!skip(topic, "devices/") || !skip_id(identity.device_id)) return false;
  return identity.module_id.empty() || (skip(topic, "modules/") && skip_id(identity.module_id));
}

// The request id behind `?`, never empty.
std::optional<std::string> request_id(std::string_view text) {
  if (!skip(text, "?")) return std::nullopt;
  auto rid = query_value(text, "$rid");
  if (!rid || rid->empty()) return std::nullopt;
  return rid;
}

}  // namespace

std::optional<UpTopic> parse_up_topic(const Identity& identity, std::string_view topic) {
  const std::size_t length = topic.size();
  if (skip_own_branch(topic, identity)) {
    if (topic == "messages/events") return TelemetryTopic{{}, length};
    if (!skip(topic, "messages/events/")) return std::nullopt;
    return TelemetryTopic{parse_properties(topic), length - topic.size()};
  }
  if (skip(topic, "$iothub/twin/GET/")) {
    if (auto rid = request_id(topic)) return TwinGetTopic{std::move(*rid)};
  } else if (skip(topic, "$iothub/twin/PATCH/properties/reported/")) {
    if (auto rid = request_id(topic)) return ReportedPatchTopic{std::move(*rid)};
  } else if (skip(topic, "$iothub/methods/res/")) {
    const std::string_view text = take_until(topic, '/');
    std::int64_t status = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
    auto rid = request_id(topic);
    if (error == std::errc() && end == text.data() + text.size() && rid) {
      return MethodResponseTopic{status, std::move(*rid)};
    }
  }
  return std::nullopt;
}

std::optional<Feature> parse_filter(const Identity& identity, std::string_view filter) {
  if (filter == "$iothub/methods/POST/#") return Feature::methods;
  if (filter == "$iothub/twin/res/#") return Feature::twin_responses;
  if (filter == "$iothub/twin/PATCH/properties/desired/#") return Feature::desired_patches;
  if (!skip_own_branch(filter, identity)) return std::nullopt;
  if (identity.module_id.empty() && filter == "messages/devicebound/#") return Feature::c2d;
  if (!identity.module_id.empty() && filter == "inputs/#") return Feature::inputs;
  return std::nullopt;
}

std::string twin_response_topic(int status, std::string_view rid) {
  return "$iothub/twin/res/" + std::to_string(status) + "/?$rid=" + std::string(rid);
}

std::string twin_response_topic(int status, std::string_view rid, std::int64_t version) {
  return twin_response_topic(status, rid) + "&$version=" + std::to_string(version);
}

std::string desired_patch_topic(std::int64_t version) {
  return "$iothub/twin/PATCH/properties/desired/?$version=" + std::to_string(version);
}

std::string method_request_topic(std::string_view method, std::string_view rid) {
  return "$iothub/methods/POST/" + percent_encode(method) + "/?$rid=" + std::string(rid);
}

std::string c2d_topic(const Identity& identity, const Properties& properties) {
  return "devices/" + identity.device_id + "/messages/devicebound/" + encode_properties(properties);
}

std::string input_topic(const Identity& module, std::string_view input,
                        const Properties& properties) {
  return "devices/" + module.device_id + "/modules/" + module.module_id + "/inputs/" +
         percent_encode(input) + "/" + encode_properties(properties);
}

std::string_view to_string(Feature feature) {
  switch (feature) {
    case Feature::c2d: return "c2d";
    case Feature::inputs: return "inputs";
    case Feature::methods: return "methods";
    case Feature::twin_responses: return "twin";
    case Feature::desired_patches: return "twin_patches";
  }
  return "";
}

}  // namespace azure::iot::device::simulator
