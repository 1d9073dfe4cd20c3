#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "../loop/time.hpp"

namespace azure::iot::device {

// What stands in a certificate.
struct CertificateInfo {
  std::string subject;  // "CN=device-1, O=Example".
  // In seconds, since a certificate may be valid until the year 9999.
  std::chrono::sys_seconds not_before;
  std::chrono::sys_seconds not_after;
};

// The first certificate of a PEM text; nothing if it cannot be read here, which says nothing
// against it: there are kinds of keys that mbedTLS does not know.
std::optional<CertificateInfo> read_certificate_info(std::string_view pem);

}  // namespace azure::iot::device
