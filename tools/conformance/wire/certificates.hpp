#pragma once

#include <string>

#include "pipeline/auth/x509.hpp"
#include "pipeline/json/json.hpp"
#include "tests/support/test_certificates.hpp"

namespace azure::iot::device::conformance::wire {

// The certificates of the service, and the authorities that clients are given to trust.
struct Certificates {
  // Makes them once, and adds their authority to those that this process trusts by default. Call it
  // before there are other threads.
  static const Certificates& get();

  test::ServerCertificate server;
  test::ServerCertificate badname;  // A certificate for another name, by the same authority.
  std::string ca;
  std::string ca_file;
  std::string other_ca;

  // Returns the client certificate of a vector: {"cert": "{NAME}", "key": "encrypted", ...}.
  X509 client(const Json& recorded) const;

 private:
  Certificates();

  test::TestCa authority_;
};

// Replaces the placeholders of certificates in a text of a vector: "{ca}".
std::string certificates_in(const std::string& text);

}  // namespace azure::iot::device::conformance::wire
