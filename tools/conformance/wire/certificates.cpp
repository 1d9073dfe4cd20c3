#include "tools/conformance/wire/certificates.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <openssl/x509.h>

namespace azure::iot::device::conformance::wire {
namespace {

constexpr const char* kServices =
    "DNS:*.azure-devices.test,DNS:*.azure-devices-provisioning.test,DNS:*.edge.test";

// A folder that only its owner can look into, and that goes with the process.
class PrivateFolder {
 public:
  PrivateFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "wire-replay-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder can be made");
    path_ = name;
  }
  ~PrivateFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string write(const char* name, const std::string& text) const {
    const auto file = path_ / name;
    std::ofstream(file) << text;
    return file.string();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

Certificates::Certificates() {
  const test::TestCa authority;
  server = authority.issue({.alternative_names = kServices});
  badname = authority.issue({.alternative_names = "DNS:elsewhere.test"});
  ca = authority.certificate();
  other_ca = test::TestCa().certificate();
  static const PrivateFolder folder;
  ca_file = folder.write("ca.pem", ca);
  ::setenv(X509_get_default_cert_file_env(), ca_file.c_str(), 1);
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
