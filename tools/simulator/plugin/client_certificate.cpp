#include "plugin/client_certificate.hpp"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <openssl/x509.h>

#include "common/crypto.hpp"

namespace azure::iot::device::simulator {

std::optional<ClientCertificate> client_certificate(const mosquitto* client) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      static_cast<X509*>(mosquitto_client_certificate(client)), X509_free);
  if (!certificate) return std::nullopt;
  std::array<char, 256> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(),
                            name.size());
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  if (size < 0) return std::nullopt;
  std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return ClientCertificate{name.data(), sha256_hex(bytes), std::move(bytes)};
}

}  // namespace azure::iot::device::simulator
