// Shared access signatures: `SharedAccessSignature sr=...&sig=...&se=...[&skn=...]`.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace azure::iot::device::simulator {

struct SasToken {
  std::string resource;   // As signed: still encoded.
  std::string signature;  // Decoded, base64.
  std::string expiry;     // As signed.
  std::string policy;     // Empty without `skn`.
};

std::optional<SasToken> parse_sas_token(std::string_view text);

bool is_signed_with(const SasToken& token, std::string_view key_base64);

// As a device signs it.
std::string make_sas_token(std::string_view resource, std::string_view key_base64,
                           std::chrono::sys_seconds expiry, std::string_view policy = {});

// Nothing if the expiry is no number of seconds.
std::optional<std::chrono::sys_seconds> expiry_of(const SasToken& token);

// True for an expiry that is no number, too.
bool is_expired(const SasToken& token, std::chrono::sys_seconds now);

// The resource is this host, or something at or above `path` on it (`devices/d`).
bool covers(const SasToken& token, std::string_view host, std::string_view path);

}  // namespace azure::iot::device::simulator
