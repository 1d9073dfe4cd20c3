// A client's identity in TLS, its offers, and its session resumption.
#include <atomic>
#include <ctime>
#include <mutex>

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;

namespace {

const TestCa& authority() {
  static const TestCa made;
  return made;
}
const ServerCertificate& server_certificate() {
  static const ServerCertificate made = authority().issue({.key = "RSA"});
  return made;
}

std::chrono::nanoseconds cpu_of_this_thread() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// A server that records how each client connected.
class NotingServer {
 public:
  struct Visit {
    std::string name;
    std::string cipher;
    bool resumed = false;
    std::size_t bytes = 0;  // Received by the server for the handshake.
    std::chrono::steady_clock::duration time{};
    std::chrono::nanoseconds cpu{};  // The server's, for the handshake.
  };

  explicit NotingServer(ServerTls tls, bool forgets = false)
      : tls_(std::move(tls)), context_(make_server_context(tls_)), forgets_(forgets) {}

  void forget_tickets() {
    const std::lock_guard lock(mutex_);
    context_ = make_server_context(tls_);
  }
  Visit last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }
  std::uint16_t port() const { return server_.port(); }

 private:
  void serve(ScriptedConnection& client) {
    ServerContext context;
    {
      const std::lock_guard lock(mutex_);
      context = forgets_ ? make_server_context(tls_) : context_;
    }
    const auto begin = std::chrono::steady_clock::now();
    const std::chrono::nanoseconds cpu_begin = cpu_of_this_thread();
    if (!client.start_tls(context)) return;
    {
      const std::lock_guard lock(mutex_);
      last_ = {client.client_name(),
               client.cipher(),
               client.resumed(),
               client.wire().bytes_written(),
               std::chrono::steady_clock::now() - begin,
               cpu_of_this_thread() - cpu_begin};
    }
    client.read_packet();
    client.write(connack(0));
    client.wait_for_end();
  }

  const ServerTls tls_;
  mutable std::mutex mutex_;
  ServerContext context_;
  const bool forgets_;
  Visit last_;
  ScriptedServer server_{[this](ScriptedConnection& client) { serve(client); }};
};

MqttTransportConfig config_of(const NotingServer& server) {
  return config_for(server.port(), authority().certificate());
}

void come_and_go(TransportProbe& probe) {
  const std::size_t before = probe.told().size();
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for_count(before + 1));
  REQUIRE(probe.told().back() == "connected");
  REQUIRE_FALSE(probe.disconnect());
  REQUIRE(probe.wait_for_count(before + 2));
}

}  // namespace

TEST_CASE("TLS: a client presents its certificate, from memory, with an encrypted key") {
  const NotingServer server(
      {.certificate = server_certificate(), .client_ca = authority().certificate()});
  const auto own = authority().issue({.alternative_names = {}, .common_name = "device-1"});
  auto config = config_of(server);
  config.x509.emplace();
  config.x509->certificate = own.certificate + own.ca;
  config.x509->key = encrypt_key(own.key, "a fake pass phrase");
  config.x509->pass_phrase = "a fake pass phrase";
  TransportProbe probe(config, quick());
  REQUIRE_FALSE(probe.creation_error);
  come_and_go(probe);
  CHECK(server.last().name == "device-1");
}

TEST_CASE("TLS: a client presents what vouches for its certificate, too") {
  const NotingServer server(
      {.certificate = server_certificate(), .client_ca = authority().certificate()});
  const TestCa factory = authority().make_intermediate("Factory CA");
  const TestCa line = factory.make_intermediate("Line CA");
  const auto own = line.issue({.alternative_names = {}, .common_name = "device-2"});
  const auto come = [&](const std::string& chain) {
    auto config = config_of(server);
    config.x509.emplace();
    config.x509->certificate = own.certificate + chain;
    config.x509->key = own.key;
    TransportProbe probe(config, quick());
    REQUIRE_FALSE(probe.creation_error);
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for_count(1));
    return probe.told().back();
  };
  CHECK(come(line.certificate() + factory.certificate()) == "connected");
  CHECK(server.last().name == "device-2");
  // The server trusts neither certificate.
  CHECK(come(line.certificate()) != "connected");
}

// In TLS 1.3 the client's handshake is complete when the server refuses it: the CONNECT crosses the
// refusal.
TEST_CASE("TLS: a server that wants a certificate is understood, however soon it hangs up") {
  const ServerContext context =
      make_server_context({.certificate = server_certificate(), .demands_certificate = true});
  ScriptedServer server([&](ScriptedConnection& client) { client.start_tls(context); });
  for (int i = 0; i < 100; ++i) {
    TransportProbe probe(config_for(server.port(), authority().certificate()), quick());
    REQUIRE_FALSE(probe.creation_error);
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for_count(1));
    INFO(probe.told().back() << ": " << probe.last_detail());
    CHECK(probe.told().back().find("unauthorized") != std::string::npos);
  }
}

TEST_CASE("TLS: a client may have a kind of key that mbedTLS does not know") {
  const NotingServer server(
      {.certificate = server_certificate(), .client_ca = authority().certificate()});
  const auto own =
      authority().issue({.alternative_names = {}, .common_name = "device-3", .key = "ED25519"});
  auto config = config_of(server);
  config.x509.emplace();
  config.x509->certificate = own.certificate;
  config.x509->key = own.key;
  TransportProbe probe(config, quick());
  REQUIRE_FALSE(probe.creation_error);
  come_and_go(probe);
  CHECK(server.last().name == "device-3");
}

TEST_CASE("TLS: the chosen suite is what the server gets, and nothing newer in silence") {
  const NotingServer server({.certificate = server_certificate()});
  auto config = config_of(server);
  for (const char* cipher : {"ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"}) {
    config.cipher = cipher;
    TransportProbe probe(config, quick());
    come_and_go(probe);
    CHECK(server.last().cipher == cipher);
  }
  config.cipher = "TLS-AES-128-GCM-SHA256";
  TransportProbe probe(config, quick());
  come_and_go(probe);
  CHECK(server.last().cipher == "TLS_AES_128_GCM_SHA256");
}

TEST_CASE("TLS: a client comes back with what the server gave it, in both versions of TLS") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    NotingServer server({.certificate = server_certificate(), .max_version = version});
    TransportProbe probe(config_of(server), quick());
    come_and_go(probe);
    const auto first = server.last();
    CHECK_FALSE(first.resumed);
    for (int again = 0; again < 3; ++again) {
      come_and_go(probe);
      CHECK(server.last().resumed);
      CHECK(server.last().bytes < first.bytes);
    }
    // A restarted server does not accept its old tickets.
    server.forget_tickets();
    come_and_go(probe);
    CHECK_FALSE(server.last().resumed);
    come_and_go(probe);
    CHECK(server.last().resumed);
  }
}

TEST_CASE("TLS: coming back is quicker than coming for the first time") {
  // Compares full handshakes, with signatures and their verification, to resumed ones. CPU time
  // excludes the network and other processes on this machine.
  struct Median {
    std::chrono::steady_clock::duration time{};
    std::chrono::nanoseconds cpu{};
  };
  const auto come_back = [](bool forgets) {
    const NotingServer server({.certificate = server_certificate()}, forgets);
    TransportProbe probe(config_of(server), quick());
    come_and_go(probe);
    std::vector<std::chrono::steady_clock::duration> times;
    std::vector<std::chrono::nanoseconds> cpu;
    for (int i = 0; i < 21; ++i) {
      come_and_go(probe);
      CHECK(server.last().resumed != forgets);
      times.push_back(server.last().time);
      cpu.push_back(server.last().cpu);
    }
    std::sort(times.begin(), times.end());
    std::sort(cpu.begin(), cpu.end());
    return Median{times[times.size() / 2], cpu[cpu.size() / 2]};
  };
  const Median with_session = come_back(false);
  const Median without = come_back(true);
  CHECK(with_session.cpu < without.cpu);
  const auto in_us = [](auto time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  };
  MESSAGE("the handshake took ", in_us(with_session.time),
          " us with a session (the server: ", in_us(with_session.cpu), "), ", in_us(without.time),
          " us without (", in_us(without.cpu), ")");
}
