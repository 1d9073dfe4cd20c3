#include "hub/sas_token.hpp"

#include <charconv>
#include <cstdint>

#include "common/crypto.hpp"
#include "common/uri.hpp"

namespace azure::iot::device::simulator {

std::optional<SasToken> parse_sas_token(std::string_view text) {
  constexpr std::string_view kPrefix = "SharedAccessSignature ";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const auto resource = query_value(text, "sr");
  const auto signature = query_value(text, "sig");
  const auto expiry = query_value(text, "se");
  if (!resource || !signature || !expiry) return std::nullopt;
  return SasToken{*resource, percent_decode(*signature), *expiry,
                  percent_decode(query_value(text, "skn").value_or(""))};
}

bool is_signed_with(const SasToken& token, std::string_view key_base64) {
  const auto key = base64_decode(key_base64);
  if (!key) return false;
  const std::string expected =
      base64_encode(hmac_sha256(*key, token.resource + "\n" + token.expiry));
  return equal_secrets(expected, token.signature);
}

std::string make_sas_token(std::string_view resource, std::string_view key_base64,
                           std::chrono::sys_seconds expiry, std::string_view policy) {
  const std::string encoded = percent_encode(resource);
  const std::string seconds = std::to_string(expiry.time_since_epoch().count());
  const std::string signature =
      base64_encode(hmac_sha256(base64_decode(key_base64).value_or(""), encoded + "\n" + seconds));
  std::string token = "SharedAccessSignature sr=" + encoded + "&sig=" + percent_encode(signature) +
                      "&se=" + seconds;
  if (!policy.empty()) token += "&skn=" + percent_encode(policy);
  return token;
}

std::optional<std::chrono::sys_seconds> expiry_of(const SasToken& token) {
  // Beyond this a clock of nanoseconds would overflow.
  constexpr std::int64_t kLast = 9'000'000'000;
  std::int64_t expiry = 0;
  const char* end = token.expiry.data() + token.expiry.size();
  const auto [stop, error] = std::from_chars(token.expiry.data(), end, expiry);
  if (error != std::errc() || stop != end || expiry < 0 || expiry > kLast) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(expiry));
}

bool is_expired(const SasToken& token, std::chrono::sys_seconds now) {
  const auto expiry = expiry_of(token);
  return !expiry || *expiry <= now;
}

bool covers(const SasToken& token, std::string_view host, std::string_view path) {
  const std::string resource = percent_decode(token.resource);
  std::string whole(host);
  whole += '/';
  whole += path;
  if (resource.size() > whole.size()) return false;
  if (!equal_ignoring_case(resource, std::string_view(whole).substr(0, resource.size()))) {
    return false;
  }
  // Only whole segments: `hub/devices/d` is not above `hub/devices/d1`.
  return resource.size() >= host.size() &&
         (resource.size() == whole.size() || whole[resource.size()] == '/');
}

}  // namespace azure::iot::device::simulator
