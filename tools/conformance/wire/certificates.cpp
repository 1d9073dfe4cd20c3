#include "tools/conformance/wire/certificates.hpp"

#include <cstdlib>

#include <openssl/x509.h>

#include "tests/support/temporary_folder.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

constexpr const char* kServices =
    "DNS:*.azure-devices.test,DNS:*.azure-devices-provisioning.test,DNS:*.edge.test";

}  // namespace

Certificates::Certificates() {
  // Of the kind for which suites were recorded.
  server = authority_.issue({.alternative_names = kServices, .key = "RSA"});
  badname = authority_.issue({.alternative_names = "DNS:elsewhere.test"});
  ca = authority_.certificate();
  other_ca = test::TestCa().certificate();
  static const test::TemporaryFolder folder;
  ca_file = folder.write("ca.pem", ca);
  ::setenv(X509_get_default_cert_file_env(), ca_file.c_str(), 1);
}

X509 Certificates::client(const Json& recorded) const {
  // The certificate for "{x509dev1}": the name, in braces. It is valid at all times that vectors
  // use.
  const std::string& cert = recorded["cert"].as_string();
  constexpr long kDecade = 10L * 365 * 24 * 3600;
  const test::ServerCertificate own =
      authority_.issue({.alternative_names = {},
                        .from = -kDecade,
                        .until = kDecade,
                        .common_name = cert.substr(1, cert.size() - 2)});
  X509 x509;
  x509.certificate = own.certificate;
  const std::string& key = recorded["key"].as_string();
  if (key == "plain") {
    x509.key = own.key;
  } else if (key == "encrypted") {
    x509.key = test::encrypt_key(own.key, "fake pass phrase");
  } else if (key == "mismatched") {
    x509.key = server.key;
  } else {
    x509.key = "/nonexistent/device.key";  // "missing"
  }
  if (const Json* pass_phrase = recorded.find("pass_phrase")) {
    x509.pass_phrase = pass_phrase->as_string();
  }
  return x509;
}

const Certificates& Certificates::get() {
  static const Certificates made;
  return made;
}

std::string certificates_in(const std::string& text) {
  const Certificates& certificates = Certificates::get();
  if (text == "{ca}") return certificates.ca;
  if (text == "{ca_file}") return certificates.ca_file;
  if (text == "{other_ca}") return certificates.other_ca;
  return text;
}

}  // namespace azure::iot::device::conformance::wire
