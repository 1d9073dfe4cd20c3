#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace azure::iot::device {

// A connection string of a device or module, as the portal shows it:
//
//   ConnectionString parts("HostName=hub.azure-devices.net;DeviceId=dev1;SharedAccessKey=a2V5");
//   parts.device_id();  // "dev1"
//
// Holds a key, which is wiped on destruction.
class ConnectionString {
 public:
  // Throws std::invalid_argument, which names the part and the rule, never the value of a part.
  explicit ConnectionString(std::string_view text);
  ConnectionString(const ConnectionString&) = delete;
  ConnectionString& operator=(const ConnectionString&) = delete;
  ~ConnectionString();

  // The parts; empty if not given.
  std::string_view host_name() const& { return value_of("HostName"); }
  std::string_view device_id() const& { return value_of("DeviceId"); }
  std::string_view module_id() const& { return value_of("ModuleId"); }
  std::string_view gateway_host_name() const& { return value_of("GatewayHostName"); }
  std::string_view shared_access_key() const& { return value_of("SharedAccessKey"); }
  std::string_view shared_access_key_name() const& { return value_of("SharedAccessKeyName"); }
  std::string_view shared_access_signature() const& { return value_of("SharedAccessSignature"); }
  std::string_view x509() const& { return value_of("x509"); }
  void host_name() const&& = delete;  // The parts live as long as this.
  void device_id() const&& = delete;
  void module_id() const&& = delete;
  void gateway_host_name() const&& = delete;
  void shared_access_key() const&& = delete;
  void shared_access_key_name() const&& = delete;
  void shared_access_signature() const&& = delete;
  void x509() const&& = delete;

  // Returns the part of that name, such as "DeviceId"; nothing if it was not given.
  std::optional<std::string_view> get(std::string_view name) const&;
  void get(std::string_view name) const&& = delete;

  static constexpr std::array<std::string_view, 8> kNames = {
      "HostName",        "SharedAccessKeyName",
      "SharedAccessKey", "SharedAccessSignature",
      "DeviceId",        "ModuleId",
      "GatewayHostName", "x509"};

 private:
  ConnectionString() = default;
  std::string_view value_of(std::string_view name) const { return get(name).value_or(""); }
  void check_parts() const;

  std::array<std::optional<std::string>, kNames.size()> values_;  // In the order of kNames.
};

}  // namespace azure::iot::device
