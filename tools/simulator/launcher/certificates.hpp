// Certificates for one run: a CA that exists nowhere else and a server certificate signed by it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace azure::iot::device::simulator {

enum class ServerCertificate {
  good,
  badname,    // Signed by the CA, but for a host that nobody dials.
  untrusted,  // For the right names, but signed by another CA.
};

struct CertificateFiles {
  std::filesystem::path ca;
  std::filesystem::path server_certificate;
  std::filesystem::path server_key;
};

// Writes PEM files into `directory`. The server is localhost, 127.0.0.1, 127.0.0.2 and
// `host_names`.
CertificateFiles make_certificates(const std::filesystem::path& directory,
                                   const std::vector<std::string>& host_names,
                                   ServerCertificate kind);

}  // namespace azure::iot::device::simulator
