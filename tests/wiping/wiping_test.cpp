// Searches the memory of this process for secrets that it has used.
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clients/iothub_device_client.hpp"
#include "clients/iothub_module_client.hpp"
#include "clients/provisioning_device_client.hpp"
#include "pipeline/auth/wipe.hpp"
#include "pipeline/loop/unique_fd.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/test_certificates.hpp"
#include "wiping/masked.hpp"

namespace azure::iot::device::test {
namespace {

// OpenSSL reads PEM line by line into memory of its own, where the last ones may stay.
constexpr std::size_t kLinesOfOpenssl = 2;

// A certificate with its key, in files alone: they are made by another process.
class KeyFiles {
 public:
  explicit KeyFiles(const Masked* pass_phrase = nullptr) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(make(pass_phrase) ? 0 : 1);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(status == 0);
    std::ifstream masked(path("masked"), std::ios::binary);
    for (std::string line; std::getline(masked, line);) lines_.push_back(Masked::of_masked(line));
    REQUIRE(lines_.size() > 10);
  }

  std::string certificate() const { return path("certificate"); }
  std::string key() const { return path("key"); }
  // The text of the key, in a string that has to be wiped.
  void read_key_into(std::string& to) const {
    to.resize(8192);
    std::filebuf file;
    file.pubsetbuf(nullptr, 0);
    REQUIRE(file.open(key(), std::ios::in | std::ios::binary));
    to.resize(static_cast<std::size_t>(file.sgetn(to.data(), 8192)));
  }

  // How many pieces of the key stand in memory.
  std::size_t count_in_memory() const {
    std::size_t count = 0;
    for (const Masked& line : lines_) count += line.count_in_memory();
    return count;
  }

 private:
  std::string path(const char* name) const { return (folder_.path() / name).string(); }

  bool make(const Masked* pass_phrase) const {
    const auto own =
        make_server_certificate({.alternative_names = {}, .common_name = "d", .key = "RSA"});
    std::string key = own.key;
    if (pass_phrase) {
      std::string plain;
      pass_phrase->write_to(plain);
      key = encrypt_key(key, plain);
    }
    std::ofstream(path("certificate")) << own.certificate;
    std::ofstream(path("key")) << key;
    std::vector<std::string> lines;
    std::istringstream text(key);
    for (std::string line; std::getline(text, line);) {
      if (line.find("-----") == std::string::npos) lines.push_back(line);
    }
    lines.resize(lines.size() - kLinesOfOpenssl);
    std::ofstream masked(path("masked"), std::ios::binary);
    for (const std::string& line : lines) masked << Masked::mask(line) << '\n';
    return masked.good();
  }

  TemporaryFolder folder_;
  std::vector<Masked> lines_;
};

IoTHubDeviceClient make_device(const X509& x509, const X509Options& options = {}) {
  return IoTHubDeviceClient::create_from_x509_certificate(x509, "hub.example", "d", options);
}

// Uses a secret of its own first: whatever is called for the first time is looked up by the dynamic
// linker, which saves the processor's registers, and what was copied last, on the stack.
template <class Secret, class Use>
void use_twice(const Use& use) {
  use(Secret());
  const Secret secret;
  use(secret);
  CHECK(secret.count_in_memory() == 0);
}

}  // namespace

TEST_CASE("Memory: what is looked for is found, freed or not, and what was wiped is not") {
  const Masked secret;
  CHECK(secret.count_in_memory() == 0);
  std::string text;
  secret.write_to(text);
  CHECK(secret.count_in_memory() == 1);
  wipe(text);
  CHECK(secret.count_in_memory() == 0);
  {
    std::vector<std::string> several(10);
    for (std::string& each : several) secret.write_to(each);
    CHECK(secret.count_in_memory() == 10);
  }
  CHECK(secret.count_in_memory() > 0);
}

TEST_CASE("Wiping: the text of a key is nowhere once the client has been made") {
  use_twice<KeyFiles>([](const KeyFiles& files) {
    X509 x509;
    x509.certificate = files.certificate();
    x509.key = files.key();
    // More than once: a large piece of memory goes back to the system at first, later it does not.
    for (int i = 0; i < 3; ++i) make_device(x509);
    const auto from_files = make_device(x509);
    CHECK(files.count_in_memory() == 0);
    files.read_key_into(x509.key);
    CHECK(files.count_in_memory() > 10);
    const auto device = make_device(x509);
    const auto module =
        IoTHubModuleClient::create_from_x509_certificate(x509, "hub.example", "d", "m");
    const auto provisioning =
        ProvisioningDeviceClient::create_from_x509_certificate("dps.example", "d", "scope", x509);
    CHECK_THROWS_AS(make_device(x509, {.cipher = "BOGUS"}), std::invalid_argument);
    wipe(x509.key);
    CHECK(files.count_in_memory() == 0);
  });
}

TEST_CASE("Wiping: what is in a file that is no key is nowhere once that was said") {
  use_twice<Masked>([](const Masked& secret) {
    const TemporaryFolder folder;
    const KeyFiles files;
    X509 x509;
    x509.certificate = files.certificate();
    x509.key = folder.write("secret", "");
    std::string text;
    secret.write_to(text);
    const UniqueFd file(::open(x509.key.c_str(), O_WRONLY | O_CLOEXEC));
    REQUIRE(::write(file.get(), text.data(), text.size()) == 64);
    wipe(text);
    CHECK_THROWS_AS(make_device(x509), std::invalid_argument);
  });
}

TEST_CASE("Wiping: a pass phrase is nowhere once the client has been made, or refused") {
  use_twice<Masked>([](const Masked& pass_phrase) {
    const KeyFiles files(&pass_phrase);
    X509 x509;
    x509.certificate = files.certificate();
    x509.key = files.key();
    pass_phrase.write_to(x509.pass_phrase);
    const auto client = make_device(x509);
    CHECK(pass_phrase.count_in_memory() == 1);  // That of the application.
    const KeyFiles of_another;
    x509.certificate = of_another.certificate();
    CHECK_THROWS_AS(make_device(x509), std::invalid_argument);
    CHECK(pass_phrase.count_in_memory() == 1);
  });
}

TEST_CASE("Wiping: the password of a proxy is nowhere once the client is gone") {
  use_twice<Masked>([](const Masked& password) {
    X509Options options;
    options.proxy_options.emplace();
    options.proxy_options->address = "127.0.0.1";
    options.proxy_options->port = 1;
    options.proxy_options->username = "user";
    password.write_to(options.proxy_options->password);
    const KeyFiles files;
    X509 x509;
    x509.certificate = files.certificate();
    x509.key = files.key();
    const auto client = make_device(x509, options);
    CHECK(password.count_in_memory() > 1);  // It is needed for each dial.
    options.proxy_options->type = ProxyType::socks5;
    options.websockets = true;
    make_device(x509, options);
    options.proxy_options->port = 0;
    CHECK_THROWS_AS(make_device(x509, options), std::invalid_argument);
  });
}

}  // namespace azure::iot::device::test
