#include "hub/provisioned.hpp"

#include <system_error>

#include "common/files.hpp"
#include "common/json.hpp"
#include "common/uri.hpp"

namespace azure::iot::device::simulator {

namespace {

std::filesystem::path file_of(const std::filesystem::path& hub, std::string_view device_id) {
  return hub / "provisioned" / (percent_encode(device_id) + ".json");
}

}  // namespace

void provision(const std::filesystem::path& hub, std::string_view device_id,
               const ProvisionedCredential& credential) {
  const auto file = file_of(hub, device_id);
  if (std::filesystem::create_directory(file.parent_path())) {
    std::filesystem::permissions(file.parent_path(), std::filesystem::perms::owner_all);
  }
  JsonObject device;
  device.add("key", credential.key).add("thumbprint", credential.thumbprint);
  replace_file(file, device.text());
}

bool deprovision(const std::filesystem::path& hub, std::string_view device_id) {
  std::error_code ignored;
  return std::filesystem::remove(file_of(hub, device_id), ignored);
}

std::optional<ProvisionedCredential> provisioned_credential(const std::filesystem::path& hub,
                                                            std::string_view device_id) {
  const auto text = read_file(file_of(hub, device_id));
  if (!text) return std::nullopt;
  const auto device = parse_json(*text);
  if (!device || !device->IsObject()) return std::nullopt;
  return ProvisionedCredential{string_member(*device, "key"), string_member(*device, "thumbprint")};
}

}  // namespace azure::iot::device::simulator
