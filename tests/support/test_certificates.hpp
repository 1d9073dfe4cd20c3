#pragma once

#include <memory>
#include <string>

namespace azure::iot::device::test {

// A server's certificate, its key, and the CA that signed it, as PEM texts.
struct ServerCertificate {
  std::string ca;
  std::string certificate;
  std::string key;
};

// A certificate and its key, by the names of their files.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

struct CertificateOptions {
  std::string alternative_names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  // The validity, in seconds from now.
  long from = -3600;
  long until = 3600;
  std::string common_name = "Test server";
  // Another curve, "ED25519", "RSA" of 2048 bits, or a curve that is spelt out.
  const char* key = "P-256";
  // The end in the form of ASN.1, "99991231235959Z", instead of `until`.
  const char* not_after = nullptr;
  const char* not_before = nullptr;
};

// The same key as PKCS#8 encrypted with a pass phrase, and in the older encrypted format.
std::string encrypt_key(const std::string& key, const std::string& pass_phrase);
std::string encrypt_key_as_of_old(const std::string& key, const std::string& pass_phrase);
// The same EC key with the parameters of its curve instead of the curve's name.
std::string spell_out_curve(const std::string& key);

// A certificate authority of its own.
class TestCa {
 public:
  explicit TestCa(const std::string& common_name = "Test CA");
  TestCa(TestCa&& other) noexcept;
  ~TestCa();

  // An intermediate authority, signed by this one.
  TestCa make_intermediate(const std::string& common_name) const;

  // Its own certificate, as PEM text.
  std::string certificate() const;
  ServerCertificate issue(const CertificateOptions& options = {}) const;

 private:
  struct Impl;
  explicit TestCa(std::unique_ptr<Impl> impl);
  void sign(const TestCa& issuer);

  std::unique_ptr<Impl> impl_;
};

// Each call makes a CA of its own.
inline ServerCertificate make_server_certificate(const CertificateOptions& options = {}) {
  return TestCa().issue(options);
}

}  // namespace azure::iot::device::test
