// Certificates of devices, as tests make and pass them.
#pragma once

#include <string>

#include "pipeline/auth/x509.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_certificates.hpp"

namespace azure::iot::device::test {

// The parts of a client's credential, as texts or as names of files.
template <class Pair>
X509 x509_of(const Pair& pair) {
  X509 x509;
  x509.certificate = pair.certificate;
  x509.key = pair.key;
  return x509;
}

// An authority that no simulator knows. Its files are removed with it.
class DeviceAuthority {
 public:
  explicit DeviceAuthority(const std::string& name = "Own CA") : ca_(name) {}

  const TestCa& ca() const { return ca_; }
  std::string file() const { return folder_.write("ca.pem", ca_.certificate()); }
  // A new certificate each time. Its file has that of the authority behind it.
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
