#pragma once

#include <string>

namespace azure::iot::device::test {

// A server's certificate, its key, and the CA that vouches for it, as PEM texts.
struct ServerCertificate {
  std::string ca;
  std::string certificate;
  std::string key;
};

struct CertificateOptions {
  std::string alternative_names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  // When it is valid, in seconds from now.
  long from = -3600;
  long until = 3600;
};

// Each call makes a CA of its own.
ServerCertificate make_server_certificate(const CertificateOptions& options = {});

}  // namespace azure::iot::device::test
