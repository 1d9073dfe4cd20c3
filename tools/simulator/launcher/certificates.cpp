#include "launcher/certificates.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <stdexcept>
#include <string_view>

#include <arpa/inet.h>
#include <mbedtls/asn1.h>
#include <mbedtls/bignum.h>
#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

#include "common/certificate.hpp"
#include "common/crypto.hpp"
#include "common/files.hpp"
#include "common/uri.hpp"

namespace azure::iot::device::simulator {

namespace {

using std::chrono::system_clock;

constexpr std::chrono::hours kBackdated{24};  // For clients whose clock is a little late.
constexpr std::chrono::hours kLifetime{24 * 365};

int random_source(void*, unsigned char* out, std::size_t count) {
  const std::string bytes = random_bytes(count);
  bytes.copy(reinterpret_cast<char*>(out), count);
  return 0;
}

void check(int rc, const char* what) {
  if (rc < 0) {
    throw std::runtime_error(std::string("mbedTLS could not ") + what + " (error " +
                             std::to_string(rc) + ")");
  }
}

class KeyPair {
 public:
  KeyPair() {
    mbedtls_pk_init(&key_);
    check(mbedtls_pk_setup(&key_, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY)), "make a key");
    check(
        mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(key_), random_source, nullptr),
        "make a key");
  }
  KeyPair(const KeyPair&) = delete;
  KeyPair& operator=(const KeyPair&) = delete;
  ~KeyPair() { mbedtls_pk_free(&key_); }

  mbedtls_pk_context* get() { return &key_; }

  std::string pem() {
    std::array<unsigned char, 4096> buffer{};
    check(mbedtls_pk_write_key_pem(&key_, buffer.data(), buffer.size()), "write a key");
    return reinterpret_cast<const char*>(buffer.data());
  }

 private:
  mbedtls_pk_context key_;
};

// One DER element.
std::string der(unsigned char tag, std::string_view content) {
  std::string element(1, static_cast<char>(tag));
  const auto length = content.size();
  if (length >= 0x100) {
    element += '\x82';
    element += static_cast<char>(length >> 8);
  } else if (length >= 0x80) {
    element += '\x81';
  }
  element += static_cast<char>(length & 0xFF);
  return element.append(content);
}

// mbedTLS 2.28 cannot write this extension by itself.
std::string subject_alternative_names(const std::vector<std::string>& dns_names,
                                      const std::vector<std::string>& addresses) {
  constexpr unsigned char kDnsName = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 2;
  constexpr unsigned char kIpAddress = MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7;
  std::string names;
  for (const auto& name : dns_names) names += der(kDnsName, name);
  for (const auto& address : addresses) names += der(kIpAddress, address);
  return der(MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE, names);
}

std::string validity_time(system_clock::time_point when) {
  const std::time_t seconds = system_clock::to_time_t(when);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 16> text{};
  std::strftime(text.data(), text.size(), "%Y%m%d%H%M%S", &parts);
  return text.data();
}

class Certificate {
 public:
  Certificate(const std::string& subject, KeyPair& key, const std::string& issuer,
              KeyPair& issuer_key) {
    mbedtls_x509write_crt_init(&certificate_);
    mbedtls_x509write_crt_set_version(&certificate_, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&certificate_, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&certificate_, key.get());
    mbedtls_x509write_crt_set_issuer_key(&certificate_, issuer_key.get());
    check(mbedtls_x509write_crt_set_subject_name(&certificate_, subject.c_str()), "set a name");
    check(mbedtls_x509write_crt_set_issuer_name(&certificate_, issuer.c_str()), "set a name");
    const auto now = system_clock::now();
    check(mbedtls_x509write_crt_set_validity(&certificate_, validity_time(now - kBackdated).c_str(),
                                             validity_time(now + kLifetime).c_str()),
          "set the dates");
    set_random_serial();
    check(mbedtls_x509write_crt_set_subject_key_identifier(&certificate_), "set a key id");
    check(mbedtls_x509write_crt_set_authority_key_identifier(&certificate_), "set a key id");
  }
  Certificate(const Certificate&) = delete;
  Certificate& operator=(const Certificate&) = delete;
  ~Certificate() { mbedtls_x509write_crt_free(&certificate_); }

  void extend(std::string_view oid, bool critical, std::string_view value) {
    check(mbedtls_x509write_crt_set_extension(
              &certificate_, oid.data(), oid.size(), critical ? 1 : 0,
              reinterpret_cast<const unsigned char*>(value.data()), value.size()),
          "extend a certificate");
  }

  void set_usage(unsigned usage) {
    check(mbedtls_x509write_crt_set_key_usage(&certificate_, usage), "set the key usage");
  }

  std::string pem() {
    std::array<unsigned char, 8192> buffer{};
    check(mbedtls_x509write_crt_pem(&certificate_, buffer.data(), buffer.size(), random_source,
                                    nullptr),
          "sign a certificate");
    return reinterpret_cast<const char*>(buffer.data());
  }

 private:
  void set_random_serial() {
    std::string serial = random_bytes(16);
    serial[0] = static_cast<char>((serial[0] & 0x3F) | 0x40);  // Positive, and of a fixed length.
    const auto* bytes = reinterpret_cast<const unsigned char*>(serial.data());
    mbedtls_mpi number;
    mbedtls_mpi_init(&number);
    int rc = mbedtls_mpi_read_binary(&number, bytes, serial.size());
    if (rc == 0) rc = mbedtls_x509write_crt_set_serial(&certificate_, &number);
    mbedtls_mpi_free(&number);
    check(rc, "set a serial number");
  }

  mbedtls_x509write_cert certificate_;
};

void allow(Certificate& certificate, std::string_view purpose) {
  constexpr std::string_view kExtendedKeyUsage = MBEDTLS_OID_EXTENDED_KEY_USAGE;
  certificate.extend(
      kExtendedKeyUsage, false,
      der(MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE, der(MBEDTLS_ASN1_OID, purpose)));
  certificate.set_usage(MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
}

// Strict verifiers (Python 3.13) want the CA's constraint critical, which mbedTLS's own call is
// not.
std::string make_ca(const std::string& name, KeyPair& key) {
  Certificate ca(name, key, name, key);
  constexpr std::string_view kBasicConstraints = MBEDTLS_OID_BASIC_CONSTRAINTS;
  ca.extend(kBasicConstraints, true, std::string_view("\x30\x03\x01\x01\xFF", 5));
  ca.set_usage(MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN);
  return ca.pem();
}

DeviceCertificate make_device_certificate(const std::filesystem::path& directory,
                                          const std::string& name, const std::string& ca_name,
                                          KeyPair& ca_key) {
  KeyPair key;
  Certificate certificate("CN=" + name, key, ca_name, ca_key);
  allow(certificate, MBEDTLS_OID_CLIENT_AUTH);
  const std::string stem = percent_encode(name);
  DeviceCertificate files{directory / (stem + ".pem"), directory / (stem + ".key")};
  replace_file(files.certificate, certificate.pem());
  replace_file(files.key, key.pem());
  return files;
}

}  // namespace

CertificateFiles make_certificates(const std::filesystem::path& directory,
                                   const std::vector<std::string>& host_names,
                                   ServerCertificate kind,
                                   const std::vector<std::string>& devices) {
  // The CA of each run has its own name, because OpenSSL looks for authorities by their names.
  const std::string ca_name =
      "CN=iothub-sim CA " + sha256_hex(random_bytes(8)).substr(0, 8) + ",O=iothub-sim";
  KeyPair ca_key;
  const std::string ca = make_ca(ca_name, ca_key);

  std::vector<std::string> dns_names{"localhost"};
  std::vector<std::string> addresses{{"\x7F\0\0\x01", 4}, {"\x7F\0\0\x02", 4}};
  for (const auto& name : host_names) {
    std::string bytes(4, '\0');
    if (inet_pton(AF_INET, name.c_str(), bytes.data()) == 1) {
      addresses.push_back(bytes);
    } else {
      dns_names.push_back(name);
    }
  }
  if (kind == ServerCertificate::badname) {
    dns_names = {"another-host.invalid"};
    addresses.clear();
  }

  KeyPair other_ca_key;
  KeyPair server_key;
  KeyPair& issuer_key = kind == ServerCertificate::untrusted ? other_ca_key : ca_key;
  Certificate server("CN=" + dns_names.front(), server_key, ca_name, issuer_key);
  constexpr std::string_view kAlternativeNames = MBEDTLS_OID_SUBJECT_ALT_NAME;
  server.extend(kAlternativeNames, false, subject_alternative_names(dns_names, addresses));
  allow(server, MBEDTLS_OID_SERVER_AUTH);

  CertificateFiles files{
      directory / "ca.pem", directory / "server.pem", directory / "server.key", {}};
  replace_file(files.ca, ca);
  replace_file(files.server_certificate, server.pem());
  replace_file(files.server_key, server_key.pem());
  if (devices.empty()) return files;
  const auto folder = directory / "devices";
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  for (const auto& name : devices) {
    files.devices[name] = make_device_certificate(folder, name, ca_name, ca_key);
  }
  return files;
}

std::string certificate_text(const std::filesystem::path& file, const std::string& option) {
  const auto text = read_file(file);
  if (text && thumbprint_of(*text)) return *text;
  throw std::invalid_argument(option + ": " + file.string() + " holds no certificate as PEM text");
}

}  // namespace azure::iot::device::simulator
