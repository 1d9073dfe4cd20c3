#include "pipeline/auth/certificate_info.hpp"

#include <chrono>

#include <mbedtls/x509_crt.h>

namespace azure::iot::device {
namespace {

std::chrono::sys_seconds to_time(const mbedtls_x509_time& time) {
  using namespace std::chrono;
  const sys_days day = year(time.year) / month(static_cast<unsigned>(time.mon)) /
                       std::chrono::day(static_cast<unsigned>(time.day));
  return day + hours(time.hour) + minutes(time.min) + seconds(time.sec);
}

}  // namespace

std::optional<CertificateInfo> read_certificate_info(std::string_view pem) {
  mbedtls_x509_crt chain;
  mbedtls_x509_crt_init(&chain);
  // Parses the first certificate only. mbedTLS requires the size to include the NUL.
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  const std::size_t end = pem.find(kEnd);
  const std::string text(pem.substr(0, end == pem.npos ? end : end + kEnd.size()));
  const int failed = mbedtls_x509_crt_parse(
      &chain, reinterpret_cast<const unsigned char*>(text.c_str()), text.size() + 1);
  std::optional<CertificateInfo> info;
  if (failed == 0) {
    char subject[512];
    const int size = mbedtls_x509_dn_gets(subject, sizeof subject, &chain.subject);
    info = CertificateInfo{
        .subject = size > 0 ? std::string(subject, static_cast<std::size_t>(size)) : std::string(),
        .not_before = to_time(chain.valid_from),
        .not_after = to_time(chain.valid_to)};
  }
  mbedtls_x509_crt_free(&chain);
  return info;
}

}  // namespace azure::iot::device
