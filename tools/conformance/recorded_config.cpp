#include "recorded_config.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <string>
#include <utility>

#include "pipeline/auth/symmetric_key.hpp"
#include "trace.hpp"
#include "values.hpp"

namespace azure::iot::device::conformance {
namespace {

constexpr std::array<std::pair<std::string_view, ProxyType>, 3> kProxyTypes{{
    {"HTTP", ProxyType::http},
    {"SOCKS4", ProxyType::socks4},
    {"SOCKS5", ProxyType::socks5},
}};

class ScriptedSigning final : public SigningMechanism {
 public:
  ScriptedSigning(std::string_view key, std::shared_ptr<const bool> fails)
      : key_(key), fails_(std::move(fails)) {}

  Result<std::string> sign(std::string_view data) override {
    if (*fails_) return Error(Errc::user_stage, "signing fails");
    return key_.sign(data);
  }

 private:
  SymmetricKeySigningMechanism key_;
  std::shared_ptr<const bool> fails_;
};

template <class Integer>
Integer integer(const Json& value) {
  const auto number = value.get_if<Integer>();
  if (!number) throw std::invalid_argument("config: a number is out of range: " + value.dump());
  return *number;
}

// Python's configuration does the same to the value that it is given.
std::string sanitized_cipher(std::string cipher) {
  for (char& c : cipher) {
    c = c == '_' ? '-' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return cipher;
}

ProxyOptions to_proxy(const Json& fields) {
  ProxyOptions proxy{.type = ProxyType::http,
                     .address = to_bytes(fields["proxy_address"]),
                     .port = integer<std::uint16_t>(fields["proxy_port"]),
                     .username = to_bytes(fields["proxy_username"]),
                     .password = to_bytes(fields["proxy_password"])};
  for (const auto& [name, type] : kProxyTypes) {
    if (fields["proxy_type"].as_string() == name) proxy.type = type;
  }
  return proxy;
}

}  // namespace

std::shared_ptr<SasToken> to_sastoken(const Json& fields, WallTime now,
                                      std::shared_ptr<const bool> signing_fails) {
  if (fields.is_null()) return nullptr;
  if (fields["kind"].as_string() == "nonrenewable") {
    auto token = NonRenewableSasToken::parse(fields["token"].as_string());
    if (!token) throw std::invalid_argument("sastoken: " + token.error().describe());
    return *std::move(token);
  }
  auto token = std::make_shared<RenewableSasToken>(
      fields["uri"].as_string(),
      std::make_shared<ScriptedSigning>(fields["key"].as_string(), std::move(signing_fails)),
      to_bytes(fields["key_name"]), std::chrono::seconds(fields["ttl"].as_int()));
  if (Error error = token->refresh(now)) {
    throw std::invalid_argument("sastoken: " + error.describe());
  }
  return token;
}

PipelineConfig to_pipeline_config(const Json& config) {
  PipelineConfig result;
  result.hostname = to_bytes(config["hostname"]);
  result.gateway_hostname = to_bytes(config["gateway_hostname"]);
  result.server_verification_cert = to_bytes(config["server_verification_cert"]);
  if (config["x509"].as_bool()) {
    result.x509 = X509{.certificate = "certificate", .key = "key", .pass_phrase = ""};
  }
  result.cipher = sanitized_cipher(to_bytes(config["cipher"]));
  result.websockets = config["websockets"].as_bool();
  if (const Json& proxy = config["proxy_options"]; !proxy.is_null()) {
    result.proxy_options = to_proxy(proxy);
  }
  result.keep_alive = std::chrono::seconds(config["keep_alive"].as_int());
  result.auto_connect = config["auto_connect"].as_bool();
  result.connection_retry = config["connection_retry"].as_bool();
  result.connection_retry_interval = parse_seconds(config["connection_retry_interval"]);
  // As in Python.
  result.operation_timeout = Duration::zero();
  result.max_in_flight = 20;
  return result;
}

ServiceConfig to_service_config(const Json& config) {
  const std::string user_agent = to_bytes(config["user_agent"]);
  ServiceConfig result;
  if (config.contains("registration_id")) {
    result.provisioning = {.registration_id = to_bytes(config["registration_id"]),
                           .id_scope = to_bytes(config["id_scope"]),
                           .user_agent = user_agent};
  } else {
    result.hub = {.device_id = to_bytes(config["device_id"]),
                  .module_id = to_bytes(config["module_id"]),
                  .product_info = to_bytes(config["product_info"]),
                  .user_agent = user_agent,
                  .ensure_desired_properties = config["ensure_desired_properties"].as_bool()};
  }
  return result;
}

Json describe_proxy(const ProxyOptions& proxy) {
  std::string_view type;
  for (const auto& [name, known] : kProxyTypes) {
    if (known == proxy.type) type = name;
  }
  return {{"proxy_type", type},
          {"proxy_address", proxy.address},
          {"proxy_port", proxy.port},
          {"proxy_username", proxy.username},
          {"proxy_password", proxy.password}};
}

}  // namespace azure::iot::device::conformance
