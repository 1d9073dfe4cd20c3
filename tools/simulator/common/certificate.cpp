#include "common/certificate.hpp"

#include <cstdint>

#include <mbedtls/x509_crt.h>

#include "common/crypto.hpp"

namespace azure::iot::device::simulator {

namespace {

class Certificates {
 public:
  Certificates() { mbedtls_x509_crt_init(&first_); }
  // PEM or DER.
  explicit Certificates(std::string_view text) : Certificates() {
    std::string copy(text);
    // mbedTLS recognizes a PEM text by its closing zero.
    const bool is_pem = text.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos;
    found_ = mbedtls_x509_crt_parse(&first_, reinterpret_cast<const unsigned char*>(copy.c_str()),
                                    copy.size() + (is_pem ? 1 : 0)) == 0;
  }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;
  ~Certificates() { mbedtls_x509_crt_free(&first_); }

  explicit operator bool() const { return found_; }
  mbedtls_x509_crt& first() { return first_; }

 private:
  mbedtls_x509_crt first_;
  bool found_ = false;
};

}  // namespace

std::optional<std::string> thumbprint_of(std::string_view pem) {
  Certificates certificates(pem);
  if (!certificates) return std::nullopt;
  const auto& der = certificates.first().raw;
  return sha256_hex({reinterpret_cast<const char*>(der.p), der.len});
}

bool is_signed_by(std::string_view der, std::string_view authority) {
  Certificates signer(authority);
  Certificates certificate(der);
  std::uint32_t flags = 0;
  return signer && certificate &&
         mbedtls_x509_crt_verify(&certificate.first(), &signer.first(), nullptr, nullptr, &flags,
                                 nullptr, nullptr) == 0;
}

}  // namespace azure::iot::device::simulator
