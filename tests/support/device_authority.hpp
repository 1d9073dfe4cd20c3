// Certificates of devices, as tests make them and hand them on.
#pragma once

#include <string>

#include "pipeline/auth/x509.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_certificates.hpp"

namespace azure::iot::device::test {

// What a client takes, of a certificate and its key, be they texts or names of files.
template <class Pair>
X509 x509_of(const Pair& pair) {
  X509 x509;
  x509.certificate = pair.certificate;
  x509.key = pair.key;
  return x509;
}

// An authority that is no simulator's. Its files go with it.
class DeviceAuthority {
 public:
  explicit DeviceAuthority(const std::string& name = "Own CA") : ca_(name) {}

  const TestCa& ca() const { return ca_; }
  std::string file() const { return folder_.write("ca.pem", ca_.certificate()); }
  // Another certificate each time. Its file has that of the authority behind it.
  CertificateFiles issue(const std::string& common_name) const {
    const auto made = ca_.issue({.alternative_names = {}, .common_name = common_name});
    const std::string name = std::to_string(++issued_);
    return {folder_.write(name + ".pem", made.certificate + ca_.certificate()),
            folder_.write(name + ".key", made.key)};
  }

 private:
  const TemporaryFolder folder_;
  const TestCa ca_;
  mutable int issued_ = 0;
};

}  // namespace azure::iot::device::test
