#include "hub/authenticator.hpp"

#include <algorithm>
#include <optional>

#include "common/uri.hpp"
#include "hub/sas_token.hpp"

namespace azure::iot::device::simulator {

namespace {

struct UserName {
  std::string_view host;
  std::string_view query;
};

// `{host}/{client id}/?api-version=...`
std::optional<UserName> parse_user_name(std::string_view text, std::string_view client_id) {
  const std::string_view host = take_until(text, '/');
  if (!text.starts_with(client_id)) return std::nullopt;
  text.remove_prefix(client_id.size());
  if (!text.starts_with("/?")) return std::nullopt;
  return UserName{host, text.substr(2)};
}

bool is_signed_by_identity(const SasToken& token, const Identity& identity) {
  return std::any_of(identity.keys.begin(), identity.keys.end(),
                     [&](const std::string& key) { return is_signed_with(token, key); });
}

std::variant<Acceptance, Refusal> authenticate_by_certificate(const Identity& identity,
                                                              const Credentials& credentials) {
  if (!credentials.password.empty()) return Refusal{"a device with a certificate has no password"};
  const auto& certificate = credentials.certificate;
  if (!certificate) return Refusal{"no certificate came: it connects at the port for those"};
  if (!identity.thumbprint.empty()) {
    if (certificate->thumbprint != identity.thumbprint) return Refusal{"it is another certificate"};
  } else if (certificate->common_name != identity.name()) {
    return Refusal{"the certificate is that of '" + certificate->common_name + "'"};
  }
  return Acceptance{std::chrono::sys_seconds::max()};
}

}  // namespace

std::variant<Acceptance, Refusal> authenticate(const HubConfig& config, const Identity* identity,
                                               const Credentials& credentials,
                                               std::chrono::sys_seconds now) {
  if (identity == nullptr || !identity->known()) return Refusal{"no such device"};
  const auto user = parse_user_name(credentials.user_name, credentials.client_id);
  if (!user) return Refusal{"the user name is not {host}/{client id}/?api-version=..."};
  const auto version = query_value(user->query, "api-version");
  if (!version || version->empty()) return Refusal{"the user name has no api-version"};
  const auto is_host = [&](const std::string& name) {
    return equal_ignoring_case(name, user->host);
  };
  if (std::none_of(config.host_names.begin(), config.host_names.end(), is_host)) {
    return Refusal{"the user name is for another hub"};
  }

  if (identity->x509) return authenticate_by_certificate(*identity, credentials);

  const auto token = parse_sas_token(credentials.password);
  if (!token) return Refusal{"the password is no shared access signature"};
  std::string path = "devices/" + identity->device_id;
  if (!identity->module_id.empty()) path += "/modules/" + identity->module_id;
  if (!covers(*token, user->host, path)) return Refusal{"the token is for another resource"};
  if (is_expired(*token, now)) return Refusal{"the token has expired"};
  if (token->policy.empty()) {
    if (!is_signed_by_identity(*token, *identity)) return Refusal{"the signature does not match"};
  } else {
    const auto policy = config.policies.find(token->policy);
    if (policy == config.policies.end()) return Refusal{"the token names an unknown policy"};
    if (!is_signed_with(*token, policy->second)) return Refusal{"the signature does not match"};
  }
  return Acceptance{*expiry_of(*token)};
}

}  // namespace azure::iot::device::simulator
