#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <unistd.h>

#include "clients/detail/client_config.hpp"
#include "clients/iothub_device_client.hpp"
#include "clients/iothub_module_client.hpp"
#include "pipeline/auth/certificate_info.hpp"
#include "pipeline/loop/manual_loop.hpp"
#include "tests/clients/refusal.hpp"
#include "tests/support/device_authority.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

const ServerCertificate& own() {
  static const ServerCertificate made =
      make_server_certificate({.alternative_names = {}, .common_name = "device-1"});
  return made;
}

X509 pair() { return x509_of(own()); }

// The text with which the factory rejects it; empty if it does not.
std::string refusal(const X509& x509, X509Options options = {}) {
  return refusal_of([&] {
    IoTHubDeviceClient::create_from_x509_certificate(x509, "hub.example", "device-1",
                                                     std::move(options));
  });
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// A file with this text, which is removed on destruction.
class File {
 public:
  explicit File(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("azure-iot-test-" + std::to_string(::getpid()) + "-" + std::to_string(++count))) {
    std::ofstream(path_) << text;
  }
  ~File() { std::filesystem::remove(path_); }
  std::string name() const { return path_.string(); }

 private:
  static inline int count = 0;
  std::filesystem::path path_;
};

// A loop with another time of day.
std::shared_ptr<ManualLoop> loop_at(std::chrono::seconds from_now) {
  return std::make_shared<ManualLoop>(
      std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now()) +
      from_now);
}

}  // namespace

TEST_CASE("X509: a client is made of texts, and of files") {
  CHECK(refusal(pair()) == "");
  const File certificate(own().certificate + own().ca);
  const File key(own().key);
  X509 files;
  files.certificate = certificate.name();
  files.key = key.name();
  CHECK(refusal(files) == "");
  IoTHubModuleClient::create_from_x509_certificate(files, "hub.example", "device-1", "module-1");
}

TEST_CASE("X509: the client has no token, and the names that Python's has") {
  const auto config = detail::config_from_x509_certificate(pair(), "hub.example", "d", "m",
                                                           {.gateway_hostname = "gateway.example"});
  CHECK_FALSE(config.pipeline.sastoken);
  CHECK(config.pipeline.x509->key == own().key);
  CHECK(config.pipeline.hostname == "hub.example");
  CHECK(config.pipeline.gateway_hostname == "gateway.example");
  CHECK(config.hub.device_id == "d");
  CHECK(config.hub.module_id == "m");
}

TEST_CASE("X509: what is missing or cannot be read is named, and nothing of it is shown") {
  X509 without_key = pair();
  without_key.key.clear();
  CHECK(contains(refusal(without_key), "x509: the key is missing"));
  X509 without_certificate = pair();
  without_certificate.certificate.clear();
  CHECK(contains(refusal(without_certificate), "x509: the certificate is missing"));
  X509 no_file = pair();
  no_file.key = "c2VjcmV0IGtleQ==";
  CHECK(contains(refusal(no_file), "x509: the key: must be a private key as PEM text"));
  CHECK_FALSE(contains(refusal(no_file), no_file.key));
  X509 folder = pair();
  folder.certificate = std::filesystem::temp_directory_path().string();
  CHECK(contains(refusal(folder), "Is a directory"));
  const File nothing("no certificate");
  X509 empty = pair();
  empty.certificate = nothing.name();
  CHECK(contains(refusal(empty), "there is none in the file " + nothing.name()));
  CHECK_THROWS_WITH_AS(IoTHubDeviceClient::create_from_x509_certificate(pair(), "", "device-1"),
                       "hostname: must not be empty", std::invalid_argument);
}

TEST_CASE("X509: a key of another certificate is refused when the client is made") {
  X509 mismatched = pair();
  mismatched.key = make_server_certificate().key;
  CHECK(contains(refusal(mismatched), "does not belong to the certificate"));
}

TEST_CASE("X509: a certificate that is not valid at this time is refused, and the clock named") {
  const std::string expired = refusal(pair(), {.event_loop = loop_at(24h)});
  CHECK(contains(expired, "x509: the certificate of CN=device-1 expired at "));
  CHECK(contains(expired, "this machine's clock says "));
  const std::string early = refusal(pair(), {.event_loop = loop_at(-24h)});
  CHECK(contains(early, "is not valid before "));
  CHECK(contains(early, "set it right"));
}

TEST_CASE("X509: a certificate without an end is valid, whatever its beginning") {
  const TestCa authority;
  const auto refused = [&](const char* not_before, const char* not_after) {
    return refusal(x509_of(authority.issue({.alternative_names = {},
                                            .common_name = "device-1",
                                            .not_after = not_after,
                                            .not_before = not_before})));
  };
  CHECK(refused("20200101000000Z", "99991231235959Z") == "");
  CHECK(refused("19500101000000Z", "23000101000000Z") == "");
  CHECK(refused("00000101000000Z", "20491231235959Z") == "");
  CHECK(contains(refused("99990101000000Z", "99991231235959Z"),
                 "is not valid before 9999-01-01 00:00:00 UTC"));
  CHECK(contains(refused("16000101000000Z", "16010203040506Z"),
                 "expired at 1601-02-03 04:05:06 UTC"));
  CHECK(contains(refused("19500101000000Z", "19691231235959Z"),
                 "expired at 1969-12-31 23:59:59 UTC"));
}

TEST_CASE("X509: a subject is shown with escapes, and not without end") {
  const auto made =
      make_server_certificate({.alternative_names = {}, .common_name = "dev\x1b[2J\n\u202e1"});
  const std::string told = refusal(x509_of(made), {.event_loop = loop_at(24h)});
  CHECK(contains(told, "expired at "));
  for (const char c : told) CHECK(static_cast<unsigned char>(c) >= 0x20);
}

TEST_CASE("X509: a certificate or key in binary form is refused with a way to convert it") {
  const std::string der("\x30\x82\x01\x0a\x02\x82\x01\x01\x00\xff and so on", 20);
  const File file(der);
  for (const std::string& text : {der, file.name()}) {
    X509 certificate = pair();
    certificate.certificate = text;
    CHECK(contains(refusal(certificate), "it is DER, which is binary; convert it with"));
    X509 key = pair();
    key.key = text;
    CHECK(contains(refusal(key), "'openssl pkey -inform DER'"));
  }
  X509 nul = pair();
  nul.key = std::string("device.key\0.pem", 15);
  CHECK(contains(refusal(nul), "it has a NUL character"));
}

TEST_CASE("X509: a key may be encrypted, in a text or a file, and nobody is asked for the phrase") {
  const std::string pass_phrase = "a fake pass phrase";
  for (const std::string& text :
       {encrypt_key(own().key, pass_phrase), encrypt_key_as_of_old(own().key, pass_phrase)}) {
    const File file(text);
    for (const std::string& key : {text, file.name()}) {
      X509 x509 = pair();
      x509.key = key;
      CHECK(contains(refusal(x509), "the key is encrypted, and there is no pass_phrase"));
      x509.pass_phrase = "another";
      CHECK(contains(refusal(x509), "the pass_phrase is not the one"));
      x509.pass_phrase = pass_phrase;
      CHECK(refusal(x509) == "");
    }
  }
}

TEST_CASE("X509: what mbedTLS cannot read is no mistake by itself") {
  const TestCa authority;
  for (const char* key : {"ED25519", "brainpoolP256r1", "secp521r1"}) {
    CAPTURE(key);
    const auto exotic =
        authority.issue({.alternative_names = {}, .common_name = "device-1", .key = key});
    X509 x509 = x509_of(exotic);
    CHECK(refusal(x509) == "");
    if (key == std::string_view("ED25519")) CHECK_FALSE(read_certificate_info(x509.certificate));
    // Also accepted behind the certificate, whose dates are checked nevertheless.
    x509 = pair();
    x509.certificate += exotic.certificate;
    CHECK(refusal(x509) == "");
    CHECK(contains(refusal(x509, {.event_loop = loop_at(24h)}), "expired at "));
  }
  CHECK_FALSE(
      read_certificate_info("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"));
  CHECK_FALSE(read_certificate_info(""));
  const auto info = read_certificate_info(own().certificate);
  REQUIRE(info);
  CHECK(info->not_after - info->not_before == 7200s);
}

TEST_CASE("Cipher: a list and names come to the same text, as Python has it") {
  CHECK(Cipher("ecdhe_rsa_aes256_gcm_sha384").text() == "ECDHE-RSA-AES256-GCM-SHA384");
  CHECK(Cipher({"x_y", "Z"}).text() == "X-Y:Z");
  CHECK(Cipher({"", "Z"}).text() == ":Z");
  CHECK(Cipher().text() == "");
  X509Options options{.cipher = {"BOGUS", "ALSO"}};
  CHECK(contains(refusal(pair(), options), "cipher: must name at least one suite"));
}

}  // namespace azure::iot::device::test
