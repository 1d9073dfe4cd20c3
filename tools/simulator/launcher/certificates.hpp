// Certificates of one run: a CA that exists nowhere else, and the certificates that it signs, of
// the server and of devices.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace azure::iot::device::simulator {

enum class ServerCertificate {
  good,
  badname,    // Signed by the CA, but for a host that no client connects to.
  untrusted,  // For the right names, but signed by another CA.
};

struct DeviceCertificate {
  std::filesystem::path certificate;
  std::filesystem::path key;  // Empty if it is not known here.
};

struct CertificateFiles {
  std::filesystem::path ca;
  std::filesystem::path server_certificate;
  std::filesystem::path server_key;
  std::map<std::string, DeviceCertificate> devices;  // By the device's name.
};

// Writes PEM files into `directory`. The server is localhost, 127.0.0.1, 127.0.0.2 and
// `host_names`; each of `devices` is the common name of a certificate of its own.
CertificateFiles make_certificates(const std::filesystem::path& directory,
                                   const std::vector<std::string>& host_names,
                                   ServerCertificate kind,
                                   const std::vector<std::string>& devices = {});

// The text of a PEM file with a certificate. Throws std::invalid_argument, beginning with `option`,
// if there is none in it.
std::string certificate_text(const std::filesystem::path& file, const std::string& option);

}  // namespace azure::iot::device::simulator
