#include <chrono>
#include <ctime>
#include <future>
#include <mutex>

#include <doctest/doctest.h>

#include "pipeline/log.hpp"
#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

// Of the whole process.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Connects, and checks that nothing but the failure is reported.
void check_fails(TransportProbe& probe, const std::string& line, const std::string& detail) {
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for(line));
  CHECK(probe.told() == Lines{line});
  CAPTURE(probe.last_detail());
  CHECK(contains(probe.last_detail(), detail));
}

}  // namespace

TEST_CASE("Connect: a closed port is a failed connection that names host and port") {
  const std::uint16_t port = free_port();
  TransportProbe probe(config_for(port, certificate().ca), quick());
  check_fails(probe, "failed connection_failed", "localhost:" + std::to_string(port));
  CHECK(contains(probe.last_detail(), "refused"));
}

TEST_CASE("Connect: the CONNECT asks for MQTT 3.1.1 and a session that lasts") {
  std::promise<std::string> sent;
  ScriptedServer server([&](ScriptedConnection& client) {
    client.start_tls(certificate());
    sent.set_value(client.read_packet());
    client.wait_for_end();
  });
  auto config = config_for(server);
  config.client_id = "id";
  config.username = "user";
  config.keep_alive = 4s;
  TransportProbe probe(config, quick());
  REQUIRE_FALSE(probe.connect("pw"));
  // Protocol level 4; user name and password, no clean session, no will; 5 s.
  const std::string expected("\x10\x18\0\x04MQTT\x04\xc0\0\x05\0\x02id\0\x04user\0\x02pw", 26);
  CHECK(sent.get_future().get() == expected);
}

TEST_CASE("Connect: the password stands in no log record") {
  std::mutex mutex;
  std::string logged;
  set_log_sink(LogLevel::debug, [&](const LogRecord& record) {
    const std::lock_guard lock(mutex);
    logged += std::string(record.text) + "\n";
  });
  ScriptedServer server([](ScriptedConnection& client) {
    if (client.accept_client(certificate())) client.wait_for_end();
  });
  {
    TransportProbe probe(config_for(server), quick());
    REQUIRE_FALSE(probe.connect("SharedAccessSignature sig=abc"));
    REQUIRE(probe.wait_for("connected"));
    REQUIRE_FALSE(probe.publish(1, "t", "the payload"));
    REQUIRE_FALSE(probe.disconnect(true));
    REQUIRE(probe.wait_for("disconnected"));
    REQUIRE_FALSE(probe.connect("SharedAccessSignature sig=abc"));
    REQUIRE(probe.wait_for("connected", 2));
  }
  set_log_sink(LogLevel::silent, {});
  CHECK(contains(logged, "connected to localhost"));
  CHECK_FALSE(contains(logged, "SharedAccessSignature"));
  CHECK_FALSE(contains(logged, "payload"));
}

TEST_CASE("Connect: every address is tried in turn") {
  ScriptedServer server([](ScriptedConnection& client) {
    if (client.accept_client(certificate())) client.wait_for_end();
  });
  MosquittoTransportOptions options;
  options.resolver =
      std::make_shared<FixedResolver>(std::vector<std::string>{"127.0.0.2", "::1", "127.0.0.1"});
  TransportProbe probe(config_for(server), options);
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("connected"));
  CHECK(probe.told().size() == 1);
}

TEST_CASE("Connect: a name that cannot be resolved says what to check") {
  auto config = config_for(8883, certificate().ca);
  config.hostname = "no-such-host.invalid";
  TransportProbe probe(config);
  check_fails(probe, "failed connection_failed", "no-such-host.invalid could not be resolved");
}

TEST_CASE("Connect: what the server says in its CONNACK decides about the error") {
  std::atomic<int> code = 0;
  ScriptedServer server([&](ScriptedConnection& client) {
    if (!client.start_tls(certificate()) || client.read_packet().empty()) return;
    client.write(connack(code));
    client.wait_for_end();
  });
  TransportProbe probe(config_for(server), quick());
  const Lines expected{"failed protocol_client",   "failed protocol_client",
                       "failed connection_failed", "failed unauthorized",
                       "failed unauthorized",      "failed protocol_client"};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    code = static_cast<int>(i) + 1;
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for_count(i + 1));
  }
  CHECK(probe.told() == expected);
}

// The texts for each phase are tested in passing_time_test.cpp.
TEST_CASE("Connect: a server that falls silent is waited for without burning the CPU") {
  enum Phase { kTls, kConnack };
  std::atomic<int> silent_in = kTls;
  ScriptedServer server([&](ScriptedConnection& client) {
    if (silent_in == kConnack) client.start_tls(certificate());
    client.wait_for_end();
  });
  TransportProbe probe(config_for(server), quick(1s));
  for (const int phase : {kTls, kConnack}) {
    silent_in = phase;
    const std::size_t told = probe.told().size();
    const double cpu_before = cpu_seconds();
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for_count(told + 1));
    CHECK(cpu_seconds() - cpu_before < 0.3);
    CHECK(probe.told().back() == "failed connection_failed");
  }
}

TEST_CASE("Connect: a name without an address is one that cannot be reached, and is named") {
  struct Empty : Resolver {
    void resolve(const std::string&, Done done) override { done(std::vector<std::string>{}); }
  };
  MosquittoTransportOptions options;
  options.resolver = std::make_shared<Empty>();
  TransportProbe probe(config_for(8883, certificate().ca), options);
  check_fails(probe, "failed connection_failed", "the name localhost has no address");
}

TEST_CASE("Connect: an address that was dialled is named once, where it is the host's name, too") {
  auto config = config_for(free_port(), certificate().ca);
  config.hostname = "127.0.0.1";
  TransportProbe probe(config);
  check_fails(probe, "failed connection_failed", "127.0.0.1:" + std::to_string(config.port));
  CHECK_FALSE(contains(probe.last_detail(), "(127.0.0.1)"));
  config.hostname = "localhost";
  TransportProbe by_name(config, quick());
  check_fails(by_name, "failed connection_failed",
              "localhost:" + std::to_string(config.port) + " (127.0.0.1)");
}

TEST_CASE("Connect: each address that failed is in the error") {
  MosquittoTransportOptions options;
  options.resolver = std::make_shared<FixedResolver>(Lines{"127.0.0.2", "127.0.0.3"});
  TransportProbe probe(config_for(free_port(), certificate().ca), options);
  check_fails(probe, "failed connection_failed", "(127.0.0.2)");
  CHECK(contains(probe.last_detail(), "(127.0.0.3)"));
}

TEST_CASE("Connect: a credential that is refused is not shown to the next address") {
  ScriptedServer server([](ScriptedConnection& client) {
    client.start_tls(certificate());
    client.read_packet();
    client.write(connack(5));
    client.wait_for_end();
  });
  MosquittoTransportOptions options;
  options.resolver = std::make_shared<FixedResolver>(Lines{"127.0.0.1", "127.0.0.1"});
  TransportProbe probe(config_for(server), options);
  check_fails(probe, "failed unauthorized", "CONNACK 5");
  CHECK(server.clients() == 1);
}

TEST_CASE("Connect: a resolver that never answers is given up in time") {
  const auto resolver = std::make_shared<FixedResolver>(std::vector<std::string>{});
  MosquittoTransportOptions options;
  options.resolver = resolver;
  options.connect_timeout = 100ms;
  auto config = config_for(8883, certificate().ca);
  {
    TransportProbe probe(config, options);
    check_fails(probe, "failed connection_failed", "waiting for the name to be resolved");
    REQUIRE_FALSE(probe.connect());
    resolver->answer_at_last();  // Of the first lookup too, which must be ignored.
    CHECK(probe.wait_for_count(2));
    REQUIRE_FALSE(probe.connect());
  }
  resolver->answer_at_last();  // The client is destroyed.
}

TEST_CASE("Connect: a connection that is reset is a failed connection") {
  std::atomic<int> after = 0;
  ScriptedServer server([&](ScriptedConnection& client) {
    client.read(static_cast<std::size_t>(after));
    client.reset();
  });
  TransportProbe probe(config_for(server), quick());
  std::size_t told = 0;
  for (const int bytes : {0, 1, 100}) {
    after = bytes;
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for_count(++told));
    CHECK(probe.told().back() == "failed connection_failed");
  }
}

TEST_CASE("Connect: a server that hangs up is a failed connection, or after TLS a dropped one") {
  enum { kAtOnce, kAfterHello, kAfterTls, kAfterConnect, kPhases };
  std::atomic<int> phase = 0;
  ScriptedServer server([&](ScriptedConnection& client) {
    if (phase == kAtOnce) return;
    if (phase == kAfterHello) {
      client.read(100);
      return;
    }
    client.start_tls(certificate());
    if (phase == kAfterConnect) client.read_packet();
  });
  TransportProbe probe(config_for(server), quick());
  for (phase = 0; phase < kPhases; ++phase) {
    CAPTURE(phase.load());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for_count(static_cast<std::size_t>(phase) + 1));
    CAPTURE(probe.last_detail());
    CHECK(probe.told().back() ==
          (phase < kAfterTls ? "failed connection_failed" : "failed connection_dropped"));
  }
}

TEST_CASE("Connect: what does not speak TLS, or not MQTT, is told apart") {
  std::atomic<bool> tls = false;
  ScriptedServer server([&](ScriptedConnection& client) {
    if (tls) client.start_tls(certificate());
    client.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    client.wait_for_end();
  });
  TransportProbe without_tls(config_for(server), quick());
  check_fails(without_tls, "failed connection_failed", "does not speak TLS");
  tls = true;
  TransportProbe without_mqtt(config_for(server), quick(1s));
  REQUIRE_FALSE(without_mqtt.connect());
  REQUIRE(without_mqtt.wait_for_count(1));
  CAPTURE(without_mqtt.last_detail());
  CHECK(without_mqtt.told().back() != "connected");
}

TEST_CASE("Connect: a password that cannot be sent is refused at once") {
  TransportProbe probe(config_for(8883, certificate().ca), quick());
  CHECK(probe.connect(std::string(65536, 'x')).code() == Errc::protocol_client);
  CHECK(probe.told().empty());
}

TEST_CASE("Connect: a second one makes no sense while the first is under way or its link is up") {
  ScriptedServer server([](ScriptedConnection& client) {
    if (client.accept_client(certificate())) client.wait_for_end();
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.connect().code() == Errc::operation_error);
  REQUIRE(probe.wait_for("connected"));
  CHECK(probe.connect().code() == Errc::operation_error);
  CHECK(probe.told() == Lines{"connected"});
}

TEST_CASE("Connect: what this transport cannot do is refused when it is made") {
  for (int i = 0; i < 3; ++i) {
    auto config = config_for(8883, i == 0 ? "no certificate" : certificate().ca);
    if (i == 1) config.x509 = X509{};
    if (i == 2) config.cipher = "BOGUS";
    const TransportProbe probe(config);
    CHECK(probe.creation_error);
    CHECK_FALSE(probe.creation_error.detail().empty());
  }
}
