#include "clients/detail/own_certificate.hpp"

#include <stdexcept>
#include <string>

#include "clients/detail/pem_text.hpp"
#include "pipeline/auth/certificate_info.hpp"
#include "pipeline/text/quoted.hpp"
#include "pipeline/text/utc_text.hpp"

namespace azure::iot::device::detail {
namespace {

// Skips a certificate that cannot be parsed here, since the TLS library may be able to.
void check_dates(const X509& x509, WallTime now) {
  const auto info = read_certificate_info(x509.certificate);
  const auto second = std::chrono::floor<std::chrono::seconds>(now);  // Seconds cannot overflow.
  if (!info || (second >= info->not_before && second <= info->not_after)) return;
  const std::string subject = escaped(info->subject, kLongestQuote);
  const std::string clock = "this machine's clock says " + utc_text(now);
  if (second < info->not_before) {
    throw std::invalid_argument("x509: the certificate of " + subject + " is not valid before " +
                                utc_text(info->not_before) + "; " + clock + ": set it right");
  }
  throw std::invalid_argument("x509: the certificate of " + subject + " expired at " +
                              utc_text(info->not_after) +
                              "; renew it, or check the time: " + clock);
}

}  // namespace

X509 read_own_certificate(const X509& given, WallTime now) {
  if (given.certificate.empty()) throw std::invalid_argument("x509: the certificate is missing");
  if (given.key.empty()) throw std::invalid_argument("x509: the key is missing");
  X509 read;
  read.certificate =
      read_pem_text(given.certificate, "x509: the certificate", "a certificate", "-----BEGIN ");
  read.key = read_pem_text(given.key, "x509: the key", "a private key", "-----BEGIN ");
  read.pass_phrase = given.pass_phrase;
  check_dates(read, now);
  return read;
}

}  // namespace azure::iot::device::detail
