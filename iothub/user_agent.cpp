#include "iothub/user_agent.hpp"

#include "pipeline/text/url.hpp"

namespace azure::iot::device {
namespace {

constexpr std::string_view kIotHubIdentifier = "azure-iot-device-iothub-cpp";
constexpr std::string_view kIotHubApiVersion = "2019-10-01";
constexpr std::string_view kDigitalTwinPrefix = "dtmi";
constexpr std::string_view kDigitalTwinApiVersion = "2020-09-30";

}  // namespace

std::string get_iothub_user_agent(const PlatformInfo& platform) {
  return format_user_agent(kIotHubIdentifier, kVersion, platform);
}

std::string get_hub_client_id(std::string_view device_id, std::string_view module_id) {
  std::string client_id(device_id);
  if (!module_id.empty()) {
    client_id += '/';
    client_id += module_id;
  }
  return client_id;
}

// Host name and client id are not encoded, unlike the other parts.
std::string get_hub_username(std::string_view hostname, std::string_view client_id,
                             std::string_view user_agent, std::string_view product_info) {
  const bool has_model = product_info.starts_with(kDigitalTwinPrefix);
  std::string username(hostname);
  username += '/';
  username += client_id;
  username += "/?api-version=";
  username += has_model ? kDigitalTwinApiVersion : kIotHubApiVersion;
  username += "&DeviceClientType=";
  url::append_quoted(username, user_agent);
  if (has_model) username += "&model-id=";
  url::append_quoted(username, product_info);
  return username;
}

}  // namespace azure::iot::device
