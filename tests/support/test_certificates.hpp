#pragma once

#include <memory>
#include <string>

namespace azure::iot::device::test {

// A server's certificate, its key, and the CA that vouches for it, as PEM texts.
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
  // When it is valid, in seconds from now.
  long from = -3600;
  long until = 3600;
  std::string common_name = "Test server";
  const char* key = "P-256";  // Another curve, "ED25519", or "RSA" of 2048 bits.
};

// The same key as PKCS#8 that asks for a pass phrase, and in the format from before there was that.
std::string encrypt_key(const std::string& key, const std::string& pass_phrase);
std::string encrypt_key_as_of_old(const std::string& key, const std::string& pass_phrase);

// A certificate authority of its own.
class TestCa {
 public:
  explicit TestCa(const std::string& common_name = "Test CA");
  TestCa(TestCa&& other) noexcept;
  ~TestCa();

  // One for which this one vouches.
  TestCa make_intermediate(const std::string& common_name) const;

  // Itself, as PEM text.
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
