// Options that a managed device rejects on creation, although its clients are created later.
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "clients/managed_device.hpp"
#include "tests/clients/managed.hpp"
#include "tests/clients/refusal.hpp"
#include "tests/support/device_authority.hpp"

namespace azure::iot::device::test {
namespace {

const X509& own_certificate() {
  static const X509 made =
      x509_of(make_server_certificate({.alternative_names = {}, .common_name = "r"}));
  return made;
}

// Real time, in which the certificate is valid.
std::shared_ptr<ManualLoop> make_loop() {
  return std::make_shared<ManualLoop>(std::chrono::system_clock::now() + 1min);
}

std::string refused(ManagedSymmetricKeyOptions options) {
  options.hub.event_loop = make_loop();
  return refusal_of([&] {
    ManagedDevice::create_from_symmetric_key("h", "r", "s", kTestKey, std::move(options));
  });
}
std::string refused(ManagedX509Options options) {
  options.hub.event_loop = make_loop();
  return refusal_of([&] {
    ManagedDevice::create_from_x509_certificate("h", "r", "s", own_certificate(),
                                                std::move(options));
  });
}
std::string refused(const X509& x509) {
  return refusal_of([&] {
    ManagedDevice::create_from_x509_certificate("h", "r", "s", x509,
                                                {.hub = {.event_loop = make_loop()}});
  });
}

template <class Options>
struct BadOption {
  std::string name;
  std::function<void(Options&)> set;
};

// An invalid value of each option of a client.
template <class Options>
std::vector<BadOption<Options>> bad_options() {
  std::vector<BadOption<Options>> all{
      {"keep_alive", [](Options& o) { o.keep_alive = 0s; }},
      {"operation_timeout", [](Options& o) { o.operation_timeout = -1ms; }},
      {"server_verification_cert", [](Options& o) { o.server_verification_cert = "/no/file"; }},
      {"server_verification_cert",
       [](Options& o) {
         o.server_verification_cert = "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n";
       }},
      {"gateway_hostname", [](Options& o) { o.gateway_hostname = "https://gateway"; }},
      {"cipher", [](Options& o) { o.cipher = "aNULL"; }},
      {"proxy_options", [](Options& o) { o.proxy_options = ProxyOptions{}; }},
  };
  if constexpr (requires(Options o) { o.connection_retry_interval; }) {
    all.push_back(
        {"connection_retry_interval", [](Options& o) { o.connection_retry_interval = 0s; }});
    all.push_back({"retry_first_connection", [](Options& o) { o.retry_first_connection = true; }});
    all.push_back({"max_in_flight", [](Options& o) { o.max_in_flight = 0; }});
    all.push_back({"product_info", [](Options& o) { o.product_info = "\n"; }});
  }
  return all;
}

TEST_CASE_TEMPLATE("ManagedDevice refusals: an option of either client, named by the client",
                   Options, ManagedSymmetricKeyOptions, ManagedX509Options) {
  CHECK(refused(Options{}) == "");
  for (const auto& bad : bad_options<decltype(Options::provisioning)>()) {
    CAPTURE(bad.name);
    Options options;
    bad.set(options.provisioning);
    CHECK(refused(options).starts_with("provisioning." + bad.name + ": "));
  }
  for (const auto& bad : bad_options<decltype(Options::hub)>()) {
    CAPTURE(bad.name);
    Options options;
    bad.set(options.hub);
    CHECK(refused(options).starts_with("hub." + bad.name + ": "));
  }
}

TEST_CASE_TEMPLATE("ManagedDevice refusals: an option of the device's own", Options,
                   ManagedSymmetricKeyOptions, ManagedX509Options) {
  CHECK(refused(Options{.failed_connects = 0}) == "failed_connects: must be 1 or more; got 0");
  CHECK(refused(Options{.failed_connects = 1}) == "");
  CHECK(refused(Options{.registration_distance = 0s}).starts_with("registration_distance: "));
  CHECK(refused(Options{.provisioning_payload = std::string(98'304, 'x')})
            .starts_with("provisioning_payload: "));
}

TEST_CASE("ManagedDevice refusals: an argument") {
  const auto with = [](std::string_view host, std::string_view id, std::string_view scope,
                       std::string_view key) {
    return refusal_of([&] {
      ManagedDevice::create_from_symmetric_key(host, id, scope, key,
                                               {.hub = {.event_loop = make_loop()}});
    });
  };
  CHECK(with("h", "r", "s", kTestKey) == "");
  CHECK(with("", "r", "s", kTestKey).starts_with("provisioning_host: "));
  CHECK(with("https://h", "r", "s", kTestKey).starts_with("provisioning_host: "));
  CHECK(with("h", " ", "s", kTestKey).starts_with("registration_id: "));
  CHECK(with("h", "r", "\n", kTestKey).starts_with("id_scope: "));
  CHECK(with("h", "r", "s", "not base64").starts_with("Invalid Symmetric Key: "));
}

TEST_CASE("ManagedDevice refusals: a certificate or a key") {
  X509 x509 = own_certificate();
  CHECK(refused(x509) == "");
  x509.key.clear();
  CHECK(refused(x509) == "x509: the key is missing");
  x509.key = x509_of(make_server_certificate()).key;
  CHECK(refused(x509).starts_with("x509: "));
  x509 = x509_of(make_server_certificate({.from = -7200, .until = -3600}));
  CHECK(refused(x509).find("expired") != std::string::npos);
}

}  // namespace
}  // namespace azure::iot::device::test
