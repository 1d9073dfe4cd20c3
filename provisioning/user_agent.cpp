#include "provisioning/user_agent.hpp"

#include "pipeline/text/url.hpp"

namespace azure::iot::device {
namespace {

constexpr std::string_view kProvisioningIdentifier = "azure-iot-device-provisioning-cpp";
constexpr std::string_view kProvisioningApiVersion = "2019-03-31";

}  // namespace

std::string get_provisioning_user_agent(const PlatformInfo& platform) {
  return format_user_agent(kProvisioningIdentifier, kVersion, platform);
}

std::string get_provisioning_username(std::string_view id_scope, std::string_view registration_id,
                                      std::string_view user_agent) {
  std::string username = dps_sas_uri(id_scope, registration_id);
  username += "/api-version=";
  username += kProvisioningApiVersion;
  username += "&ClientVersion=";
  url::append_quoted(username, user_agent);
  return username;
}

std::string dps_sas_uri(std::string_view id_scope, std::string_view registration_id) {
  std::string uri(id_scope);
  uri += "/registrations/";
  uri += registration_id;
  return uri;
}

}  // namespace azure::iot::device
