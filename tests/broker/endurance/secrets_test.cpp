#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>

#include <doctest/doctest.h>
#include <unistd.h>

#include "broker/clients/hub_device.hpp"
#include "broker/endurance/said.hpp"
#include "broker/endurance/silent_ports.hpp"
#include "pipeline/text/url.hpp"
#include "tests/support/process_probe.hpp"
#include "tests/support/scripted_server.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;
namespace fs = std::filesystem;

// Secrets that an application would not like to find in a log.
const std::string kKey = "cGxhbnRlZCtrZXkvZm9yK3Rlc3RzLzEyMzQ1Njc4OQ==";
const std::string kPayload = "planted-payload";
const std::string kProperty = "planted-property";
const std::string kReported = "planted-reported";
const std::string kDesired = "planted-desired";
const std::string kAnswer = "planted-answer";
const std::string kCommand = "planted-command";

Message planted_message() {
  Message message{.data = kPayload, .message_id = kProperty, .content_type = "text/plain"};
  message.custom_properties["secret"] = kProperty;
  return message;
}

// All kinds of calls and events, with a hub that works.
void all_goes_well(Said& said) {
  SimulatorProcess hub({.devices = {"d=" + kKey}});
  auto client = make_client(hub, "d", {.sastoken_ttl = 2s, .connection_retry_interval = 1s});
  said.listen_to(client);
  std::atomic<int> seen = 0;
  client.on_message_received([&](const Message&) { ++seen; });
  client.on_twin_desired_properties_patch_received([&](const Json&) { ++seen; });
  client.on_method_request_received([&](const MethodRequest& request) {
    client.send_method_response(
        MethodResponse::create_from_method_request(request, 200, {{"answer", kAnswer}}));
    ++seen;
  });
  client.send_message(planted_message());
  client.patch_twin_reported_properties({{"reported", kReported}});
  client.get_twin();
  hub.send_c2d("d", kCommand, {.properties = {{"secret", kProperty}}});
  hub.set_desired("d", "{\"desired\": \"" + kDesired + "\"}");
  hub.invoke("d", "blink", '"' + kCommand + '"');
  CHECK(eventually([&] { return seen == 3; }));
  // A renewal, a lost link, a restart.
  CHECK(eventually([&] { return hub.events("connected", "d").size() > 1; }));
  hub.drop("d");
  hub.stop_broker();
  CHECK(eventually([&] { return said.text().find("redial failed") != std::string::npos; }));
  hub.start_broker();
  said.thrown_by([&] { client.send_message(planted_message()); });
  client.on_message_received([](const Message&) { throw std::runtime_error("a handler threw"); });
  hub.send_c2d("d", kCommand);
  CHECK(eventually([&] { return said.text().find("a handler threw") != std::string::npos; }));
  client.disconnect();
  client.shutdown();
  CHECK(said.thrown_by([&] { client.send_message(planted_message()); }));
}

// Failures of a server. Returns the passwords that the server received.
std::vector<std::string> all_goes_wrong(Said& said) {
  const ServerCertificate certificate = make_server_certificate();
  std::mutex mutex;
  std::vector<std::string> passwords;
  std::atomic<int> turn = 0;
  ScriptedServer server([&](ScriptedConnection& client) {
    const int what = turn++ % 8;
    if (what == 0) return client.reset();
    if (!client.start_tls(certificate)) return;
    const std::string connect = client.read_packet();
    {
      const std::lock_guard lock(mutex);
      passwords.push_back(connect.substr(connect.find("SharedAccessSignature")));
    }
    if (what <= 5) return client.write(connack(what));
    client.write(connack(0));
    client.read_packet();
    if (what == 6) client.write("garbage");
  });
  const auto options = [&] {
    return SymmetricKeyOptions{.server_verification_cert = certificate.ca,
                               .connection_retry = false,
                               .port = server.port()};
  };
  for (int i = 0; i < 8; ++i) {
    auto client = IoTHubDeviceClient::create_from_symmetric_key(kKey, "127.0.0.1", "d", options());
    said.listen_to(client);
    CHECK(said.thrown_by([&] { client.send_message(planted_message(), 500ms); }));
    said.thrown_by([&] { client.patch_twin_reported_properties({{"r", kReported}}, 100ms); });
  }

  const ClosedPort closed;
  const SilentPort silent;
  for (const std::uint16_t port : {closed.number(), silent.number()}) {
    auto client =
        IoTHubDeviceClient::create_from_symmetric_key(kKey, "127.0.0.1", "d", {.port = port});
    CHECK(said.thrown_by([&] { client.send_message(planted_message(), 100ms); }));
  }
  SimulatorProcess hub({.devices = {"d"}});  // With another key.
  auto stranger = IoTHubDeviceClient::create_from_symmetric_key(
      kKey, hub.host(), "d",
      {.server_verification_cert = contents_of(hub.ca_file()), .port = hub.port()});
  CHECK(said.thrown_by([&] { stranger.connect(); }));
  auto untrusting =
      IoTHubDeviceClient::create_from_symmetric_key(kKey, hub.host(), "d", {.port = hub.port()});
  CHECK(said.thrown_by([&] { untrusting.connect(); }));
  const std::lock_guard lock(mutex);
  return passwords;
}

// Arguments that are rejected, with the key in every place that it may get into by mistake.
void arguments_are_wrong(Said& said) {
  const std::string good = "HostName=h;DeviceId=d;SharedAccessKey=" + kKey;
  const std::string texts[] = {
      kKey,
      "SharedAccessKey=" + kKey,
      good + ";SharedAccessKey=" + kKey,
      good + ";" + kKey,
      good + "!",
      good + ";X509=true",
      good + ";SharedAccessSignature=" + kKey,
      "HostName=h;DeviceId=d;SharedAccessKey" + kKey,
      "HostName=h;DeviceId=d;" + kKey + "=SharedAccessKey",
      "HostName=h;DeviceId=d;SharedAccessKey=*" + kKey,
      "HostName=;DeviceId=d;SharedAccessKey=" + kKey,
      "HostName=h;DeviceId=d;ModuleId=m;SharedAccessKey=" + kKey,
      "HostName=h;SharedAccessKey=" + kKey,
  };
  for (const std::string& text : texts) {
    said.thrown_by([&] { IoTHubDeviceClient::create_from_connection_string(text); });
  }
  CHECK(said.thrown_by([&] {
    IoTHubDeviceClient::create_from_symmetric_key(kKey.substr(0, kKey.size() - 1), "h", "d");
  }));
  CHECK(said.thrown_by([&] {
    auto client = IoTHubDeviceClient::create_from_connection_string(good);
    Message message = planted_message();
    message.data = kPayload + std::string(300'000, 'x');
    client.send_message(message);
  }));
  CHECK(said.thrown_by([&] {
    IoTHubDeviceClient::create_from_symmetric_key(kKey, "h", "d",
                                                  {.server_verification_cert = kPayload});
  }));
  CHECK(said.thrown_by(
      [&] { IoTHubDeviceClient::create_from_connection_string(good, {.keep_alive = 5000s}); }));
}

TEST_CASE("Secrets: key, token and contents are in no log record, no exception, no file") {
  // A folder for every file that the library might write.
  const fs::path folder =
      fs::temp_directory_path() / ("endurance-secrets-" + std::to_string(::getpid()));
  fs::create_directory(folder);
  const fs::path before = fs::current_path();
  fs::current_path(folder);
  Said said;
  all_goes_well(said);
  const std::vector<std::string> passwords = all_goes_wrong(said);
  arguments_are_wrong(said);
  CHECK(fs::is_empty(folder));
  fs::current_path(before);
  fs::remove_all(folder);

  std::vector<std::string> secrets{kKey,     kPayload, kProperty, kReported,
                                   kDesired, kAnswer,  kCommand};
  REQUIRE_FALSE(passwords.empty());
  for (const std::string& password : passwords) {
    secrets.push_back(password);
    const auto start = password.find("sig=") + 4;
    const std::string encoded = password.substr(start, password.find('&', start) - start);
    secrets.push_back(encoded);
    secrets.push_back(url::unquote(encoded));
  }
  check_absent(secrets, said.text());
  // Checks that the searched text is not empty.
  for (const std::string word : {"connected", "dialling", "renewing the token", "redial", "CONNACK",
                                 "untrusted", "timed out", "SharedAccessKey", "keep_alive"}) {
    CAPTURE(word);
    CHECK(said.text().find(word) != std::string::npos);
  }
  MESSAGE(said.text().size(), " bytes were said, and ", secrets.size(),
          " secrets not found in them");
}

}  // namespace
}  // namespace azure::iot::device::test
