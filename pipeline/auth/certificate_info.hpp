#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "../loop/time.hpp"

namespace azure::iot::device {

// Fields of a certificate.
struct CertificateInfo {
  std::string subject;  // "CN=device-1, O=Example".
  // In seconds, since a certificate may be valid until the year 9999.
  std::chrono::sys_seconds not_before;
  std::chrono::sys_seconds not_after;
};

// Reads the first certificate of a PEM text. Returns nothing if it cannot be parsed here. Such a
// certificate may still be valid, since mbedTLS does not support all types of keys.
std::optional<CertificateInfo> read_certificate_info(std::string_view pem);

}  // namespace azure::iot::device
