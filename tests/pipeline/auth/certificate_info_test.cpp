#include "pipeline/auth/certificate_info.hpp"

#include <string>

#include <doctest/doctest.h>

namespace azure::iot::device {
namespace {

using namespace std::chrono_literals;

// CN=device-1, O=Example; from 2026-01-02 03:04:05 to 2031-12-30 23:59:58.
const std::string kCertificate = R"(-----BEGIN CERTIFICATE-----
MIIBMTCB2AIBATAKBggqhkjOPQQDAjAlMRAwDgYDVQQKDAdFeGFtcGxlMREwDwYD
VQQDDAhkZXZpY2UtMTAeFw0yNjAxMDIwMzA0MDVaFw0zMTEyMzAyMzU5NThaMCUx
EDAOBgNVBAoMB0V4YW1wbGUxETAPBgNVBAMMCGRldmljZS0xMFkwEwYHKoZIzj0C
AQYIKoZIzj0DAQcDQgAETDQGN2WYNa3+wuS52fcnGKSMk0sRAXnH06uHUH7J89gn
6hpZzl/NPC+UL356mVP+h/Lk523vrqAAZOhLs2mprTAKBggqhkjOPQQDAgNIADBF
AiBgWj2hEXpTMlPPLu0pHOhckJZKjNrRMWWVwmTWgPeB6AIhAKXs1srMe+9Uabav
OfjfxRxarmpDnldbGVNojNcEpif8
-----END CERTIFICATE-----
)";
// CN=other; every other field differs from the first.
const std::string kOther = R"(-----BEGIN CERTIFICATE-----
MIIBBzCBrgIBATAKBggqhkjOPQQDAjAQMQ4wDAYDVQQDDAVvdGhlcjAeFw0yNTA2
MDcwODA5MTBaFw0yOTA2MDcwODA5MTBaMBAxDjAMBgNVBAMMBW90aGVyMFkwEwYH
KoZIzj0CAQYIKoZIzj0DAQcDQgAETDQGN2WYNa3+wuS52fcnGKSMk0sRAXnH06uH
UH7J89gn6hpZzl/NPC+UL356mVP+h/Lk523vrqAAZOhLs2mprTAKBggqhkjOPQQD
AgNIADBFAiEAyjT7/tipyuFO6Qz4GpwonuQiw44kkEqYJkcz8KyDaBACIG9m1mxI
FJ+0JBGjsvm/TLhUQpLhC25r8JYN11WaYrxe
-----END CERTIFICATE-----
)";

constexpr WallTime at(std::chrono::sys_days day, std::chrono::seconds time) { return day + time; }

}  // namespace

TEST_CASE("Certificate info: subject and dates are those of the certificate, to the second") {
  using std::chrono::January, std::chrono::December, std::chrono::year;
  const auto info = read_certificate_info(kCertificate);
  REQUIRE(info);
  CHECK(info->subject == "O=Example, CN=device-1");
  CHECK(info->not_before == at(year(2026) / January / 2, 3h + 4min + 5s));
  CHECK(info->not_after == at(year(2031) / December / 30, 23h + 59min + 58s));
}

TEST_CASE("Certificate info: it is that of the first certificate, whatever stands behind it") {
  for (const std::string& behind : {kOther, std::string("garbage"), std::string()}) {
    const auto info = read_certificate_info(kCertificate + behind);
    REQUIRE(info);
    CHECK(info->subject == "O=Example, CN=device-1");
  }
  CHECK(read_certificate_info(kOther + kCertificate)->subject == "CN=other");
  CHECK(read_certificate_info("a comment\n" + kCertificate));
}

TEST_CASE("Certificate info: what is no certificate has none") {
  CHECK_FALSE(read_certificate_info(""));
  CHECK_FALSE(read_certificate_info("device.pem"));
  CHECK_FALSE(read_certificate_info(kCertificate.substr(0, kCertificate.size() / 2)));
  CHECK_FALSE(read_certificate_info(
      "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" + kCertificate));
}

}  // namespace azure::iot::device
