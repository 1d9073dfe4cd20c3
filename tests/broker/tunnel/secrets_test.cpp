#include <sstream>
#include <vector>

#include <doctest/doctest.h>

#include "broker/clients/hub_device.hpp"
#include "broker/endurance/said.hpp"
#include "broker/endurance/silent_ports.hpp"
#include "broker/tunnel/road.hpp"
#include "pipeline/auth/base64.hpp"
#include "tests/support/device_authority.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

const std::string kPassPhrase = "planted-pass-phrase";
const std::string kWrongPassPhrase = "planted-wrong-phrase";
const std::string kWrongPassword = "planted-wrong-password";

// Connects through a proxy with the correct password and with another one, and loses the
// connection.
void pass_proxy(Said& said, Passage passage, bool websockets) {
  const Road road{passage, websockets};
  ProxyProcess proxy(passage);
  IoTHubDeviceClient client(make_core(road_hub(), next_device(road), road, proxy.options()));
  said.listen_to(client);
  client.connect(60s);
  proxy.kill();
  CHECK(eventually([&] { return !client.connected(); }, 20s));
  CHECK(said.thrown_by([&] { client.connect(60s); }));
  proxy.start();
  client.shutdown();

  ProxyOptions wrong = proxy.options();
  wrong.password = kWrongPassword;
  IoTHubDeviceClient refused(make_core(road_hub(), next_device(road), road, wrong));
  said.listen_to(refused);
  CHECK(said.thrown_by([&] { refused.connect(60s); }));
}

X509 encrypted(const CertificateFiles& files) {
  X509 x509 = x509_of(files);
  x509.key = encrypt_key(contents_of(files.key), kPassPhrase);
  x509.pass_phrase = kPassPhrase;
  return x509;
}

// The lines in the middle of a key, which are specific to it.
std::vector<std::string> lines_of(const std::string& key) {
  std::vector<std::string> lines;
  std::istringstream text(key);
  for (std::string line; std::getline(text, line);) {
    if (line.size() >= 20 && line.find("-----") == std::string::npos) lines.push_back(line);
  }
  REQUIRE_FALSE(lines.empty());
  return lines;
}

// Connects with a certificate whose key is encrypted. Returns the lines of the key and of the file.
std::vector<std::string> show_certificate(Said& said) {
  const SimulatorProcess& hub = road_hub();
  const Road road{.passage = {}, .websockets = false, .x509 = true};
  const std::string device = next_device(road);
  const X509 x509 = encrypted(hub.certificate_files(device));
  const auto create = [&](const X509& by) {
    return IoTHubDeviceClient::create_from_x509_certificate(
        by, hub.host(), device,
        {.server_verification_cert = hub.ca_file(), .port = hub.x509_port()});
  };
  auto client = create(x509);
  said.listen_to(client);
  client.connect(60s);
  client.shutdown();

  X509 wrong = x509;
  wrong.pass_phrase = kWrongPassPhrase;
  CHECK(said.thrown_by([&] { create(wrong); }));
  wrong.pass_phrase.clear();
  CHECK(said.thrown_by([&] { create(wrong); }));
  wrong = x509;
  std::swap(wrong.certificate, wrong.key);
  CHECK(said.thrown_by([&] { create(wrong); }));
  wrong = encrypted(hub.certificate_files(next_device(road)));
  wrong.certificate = x509.certificate;  // It belongs to another key.
  CHECK(said.thrown_by([&] { create(wrong); }));

  std::vector<std::string> secrets = lines_of(contents_of(hub.certificate_files(device).key));
  for (const std::string& line : lines_of(x509.key)) secrets.push_back(line);
  return secrets;
}

void refuse_options(Said& said) {
  const auto create = [](const ProxyOptions& proxy) {
    IoTHubDeviceClient::create_from_symmetric_key("ZmFrZSBrZXkgZm9yIHRlc3Rz", "localhost", "d",
                                                  {.proxy_options = proxy});
  };
  ProxyOptions proxy{.address = "", .port = 1, .username = kProxyUser, .password = kProxyPassword};
  CHECK(said.thrown_by([&] { create(proxy); }));
  proxy.address = "localhost";
  proxy.port = 0;
  CHECK(said.thrown_by([&] { create(proxy); }));
}

TEST_CASE("Secrets: password of a proxy, key and pass phrase are in no log record or exception") {
  Said said;
  for (const Passage passage : {Passage::http_basic, Passage::socks5_user}) {
    for (const bool websockets : {false, true}) pass_proxy(said, passage, websockets);
  }
  std::vector<std::string> secrets = show_certificate(said);
  refuse_options(said);

  for (const std::string& password : {kProxyPassword, kWrongPassword}) {
    secrets.push_back(password);
    secrets.push_back(encode_base64(kProxyUser + ":" + password));
  }
  secrets.push_back(kPassPhrase);
  secrets.push_back(kWrongPassPhrase);
  check_absent(secrets, said.text());
  // Checks that the searched text is not empty.
  for (const std::string word : {"connected", "through a proxy", "WebSocket", "refuses the user",
                                 "pass_phrase", "proxy_options"}) {
    CAPTURE(word);
    CHECK(said.text().find(word) != std::string::npos);
  }
}

}  // namespace
}  // namespace azure::iot::device::test
