// The MQTT topics of IoT Hub, as text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/uri.hpp"
#include "hub/identity.hpp"

namespace azure::iot::device::simulator {

struct TelemetryTopic {
  Properties properties;
  std::size_t start = 0;  // Of the properties in the topic.
};
struct TwinGetTopic {
  std::string rid;
};
struct ReportedPatchTopic {
  std::string rid;
};
struct MethodResponseTopic {
  std::int64_t status;
  std::string rid;
};

using UpTopic = std::variant<TelemetryTopic, TwinGetTopic, ReportedPatchTopic, MethodResponseTopic>;

// Nothing for a topic that this identity may not publish to.
std::optional<UpTopic> parse_up_topic(const Identity& identity, std::string_view topic);

// Nothing for a filter that this identity may not subscribe to.
std::optional<Feature> parse_filter(const Identity& identity, std::string_view filter);

std::string twin_response_topic(int status, std::string_view rid);
std::string twin_response_topic(int status, std::string_view rid, std::int64_t version);
std::string desired_patch_topic(std::int64_t version);
std::string method_request_topic(std::string_view method, std::string_view rid);
std::string c2d_topic(const Identity& identity, const Properties& properties);
std::string input_topic(const Identity& module, std::string_view input,
                        const Properties& properties);

}  // namespace azure::iot::device::simulator
