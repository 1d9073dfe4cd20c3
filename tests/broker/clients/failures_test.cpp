#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/clients/hub_device.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

const std::string kKey = "ZmFrZSBrZXkgZm9yIHRlc3Rz";

// A port of loopback that is taken. If it listens, the system accepts connections and nothing
// answers. Otherwise the system refuses them.
class Port {
 public:
  explicit Port(bool listening) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(fd_, raw, size) == 0);
    if (listening) REQUIRE(::listen(fd_, 8) == 0);
    REQUIRE(::getsockname(fd_, raw, &size) == 0);
    number_ = ntohs(address.sin_port);
  }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;
  ~Port() { ::close(fd_); }
  std::uint16_t number() const { return number_; }

 private:
  int fd_;
  std::uint16_t number_ = 0;
};

IoTHubDeviceClient client_of(const std::string& host, std::uint16_t port) {
  return IoTHubDeviceClient::create_from_symmetric_key(kKey, host, "device-1", {.port = port});
}

// The text with which connecting throws a T; "" if it throws another type or nothing.
template <class T>
std::string text_of_failure(IoTHubDeviceClient& client, IoTHubDeviceClient::Timeout timeout = {}) {
  try {
    client.connect(timeout);
  } catch (const T& e) {
    if (typeid(e) == typeid(T)) return e.what();
    MESSAGE("another type: ", e.what());
  } catch (const IotError& e) {
    MESSAGE("another type: ", e.what());
  }
  return "";
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("Device: a wrong key is a CredentialError that says what to check") {
  const std::string device = next_device();
  auto client = IoTHubDeviceClient::create_from_symmetric_key(
      kKey, shared_hub().host(), device,
      {.server_verification_cert = contents_of(shared_hub().ca_file()),
       .port = shared_hub().port()});
  const Stopwatch watch;
  const std::string text = text_of_failure<CredentialError>(client);
  CHECK(contains(text, "Check that the device exists"));
  CHECK_FALSE(contains(text, kKey));
  CHECK(watch.passed() < 5s);
}

TEST_CASE("Device: an untrusted certificate is told as untrusted") {
  SimulatorProcess hub({.devices = {"d"}, .server_cert = "untrusted"});
  auto client = make_client(hub, "d");
  const Stopwatch watch;
  const std::string text = text_of_failure<ClientError>(client);
  CHECK(contains(text, "untrusted"));
  CHECK(contains(text, "server_verification_cert"));
  CHECK(watch.passed() < 5s);
}

TEST_CASE("Device: a certificate for another name is told as a mismatch") {
  SimulatorProcess hub({.devices = {"d"}, .server_cert = "badname"});
  auto client = make_client(hub, "d");
  const Stopwatch watch;
  const std::string text = text_of_failure<ClientError>(client);
  CHECK(contains(text, "mismatch"));
  CHECK(watch.passed() < 5s);
}

TEST_CASE("Device: a certificate to trust that is damaged is refused when the client is made") {
  const std::string damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  CHECK_THROWS_WITH_AS(
      make_client(shared_hub(), next_device(), {.server_verification_cert = damaged}),
      doctest::Contains("server_verification_cert"), std::invalid_argument);
}

TEST_CASE("Device: a closed port is a ConnectionFailedError, at once") {
  const Port port(false);
  auto client = client_of("127.0.0.1", port.number());
  const Stopwatch watch;
  CHECK(contains(text_of_failure<ConnectionFailedError>(client), "Check the host name"));
  CHECK(watch.passed() < 5s);
}

TEST_CASE("Device: a name that does not resolve is a ConnectionFailedError that names it") {
  auto client = client_of("no-such-hub.invalid", 8883);
  const Stopwatch watch;
  CHECK(contains(text_of_failure<ConnectionFailedError>(client), "no-such-hub.invalid"));
  CHECK(watch.passed() < 32s);
}

TEST_CASE(
    "Device: an address of the web in the place of the host name is refused when it is given") {
  CHECK_THROWS_WITH_AS(client_of("https://no-such-hub.invalid", 8883),
                       doctest::Contains("without a scheme"), std::invalid_argument);
  CHECK_THROWS_WITH_AS(client_of("no-such-hub.invalid:8883", 8883),
                       doctest::Contains("got no-such-hub.invalid:8883"), std::invalid_argument);
}

TEST_CASE("Device: a server that accepts and stays silent costs the timeout, and no processor") {
  const Port port(true);
  auto client = client_of("127.0.0.1", port.number());
  const Stopwatch watch;
  const std::string text = text_of_failure<OperationTimeout>(client, 2s);
  CHECK(contains(text, "no connection to 127.0.0.1:" + std::to_string(port.number()) +
                           " yet, still waiting for the TLS handshake to end"));
  CHECK(watch.passed() >= 2s);
  CHECK(watch.passed() < 3s);
  CHECK(watch.cpu() < 200ms);
}

TEST_CASE("Device: a dead hub is redialled at the interval, and costs no processor") {
  SimulatorProcess hub({.devices = {"d"}});
  auto client = make_client(hub, "d", {.connection_retry_interval = 1s});
  std::atomic<int> failed = 0;
  client.on_background_exception([&](const IotError& e) {
    failed += dynamic_cast<const ConnectionFailedError*>(&e) != nullptr;
  });
  client.connect();
  hub.stop_broker();
  CHECK(eventually([&] { return failed > 0; }));
  const Stopwatch watch;
  std::this_thread::sleep_for(3s);
  CHECK(failed >= 2);
  CHECK(failed <= 6);
  CHECK(watch.cpu() < 200ms);
  hub.start_broker();
  CHECK(eventually([&] { return client.connected(); }));
}

TEST_CASE("Device: shutdown and the destructor end within a second, whatever is under way") {
  const Port port(true);
  auto dialling = client_of("127.0.0.1", port.number());
  std::thread caller([&] { CHECK_THROWS_AS(dialling.connect(), OperationCancelled); });
  std::this_thread::sleep_for(100ms);
  Stopwatch watch;
  dialling.shutdown();
  CHECK(watch.passed() < 1s);
  caller.join();
  CHECK_THROWS_AS(dialling.connect(), ClientError);

  auto resolving = client_of("no-such-hub.invalid", 8883);
  std::thread other([&] { CHECK_THROWS_AS(resolving.connect(), IotError); });
  std::this_thread::sleep_for(5ms);
  watch = Stopwatch();
  resolving.shutdown();
  CHECK(watch.passed() < 1s);
  other.join();

  watch = Stopwatch();
  {
    auto connected = make_client(shared_hub(), next_device());
    connected.connect();
  }
  CHECK(watch.passed() < 1500ms);
}

}  // namespace
}  // namespace azure::iot::device::test
