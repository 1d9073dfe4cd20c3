#pragma once

#include <string>

#include "pipeline/auth/x509.hpp"
#include "pipeline/json/json.hpp"
#include "tests/support/test_certificates.hpp"

namespace azure::iot::device::conformance::wire {

// The certificates of the service, and the authorities that clients are told to trust.
struct Certificates {
  // Made once, and its authority put among those that this process trusts by default. Call it
  // before there are other threads.
  static const Certificates& get();

  test::ServerCertificate server;
  test::ServerCertificate badname;  // For another name, by the same authority.
  std::string ca;
  std::string ca_file;
  std::string other_ca;

  // The client certificate that a vector means: {"cert": "{NAME}", "key": "encrypted", ...}.
  X509 client(const Json& recorded) const;

 private:
  Certificates();

  test::TestCa authority_;
};

// A text of a vector with the certificates that it stands for: "{ca}".
std::string certificates_in(const std::string& text);

}  // namespace azure::iot::device::conformance::wire
