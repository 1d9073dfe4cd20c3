#include <mutex>

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;

namespace {

// A server with this certificate, and a client that trusts its CA or only the system's.
struct Meeting {
  explicit Meeting(const CertificateOptions& options, const std::string& hostname = "localhost",
                   bool trusting = true)
      : certificate(make_server_certificate(options)),
        server([this](ScriptedConnection& client) {
          if (!client.start_tls(certificate)) return;
          {
            const std::lock_guard lock(mutex);
            server_name = client.server_name();
          }
          client.read_packet();
          client.write(connack(0));
          client.wait_for_end();
        }),
        probe(config(hostname, trusting), quick()) {
    REQUIRE_FALSE(probe.creation_error);
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for_count(1));
  }

  MqttTransportConfig config(const std::string& hostname, bool trusting) const {
    auto result = config_for(server.port(), trusting ? certificate.ca : "");
    result.hostname = hostname;
    return result;
  }

  ServerCertificate certificate;
  std::mutex mutex;
  std::string server_name;
  ScriptedServer server;
  TransportProbe probe;
};

}  // namespace

TEST_CASE("TLS: an unknown CA is not trusted, and the way out is named") {
  const Meeting meeting({}, "localhost", false);
  CHECK(meeting.probe.told() == Lines{"failed tls_exchange_auth"});
  CHECK(contains(meeting.probe.last_detail(), "unable to get local issuer certificate"));
  CHECK(contains(meeting.probe.last_detail(), "server_verification_cert"));
}

TEST_CASE("TLS: a certificate for another host is refused") {
  const Meeting meeting({.alternative_names = "DNS:elsewhere.example"});
  CHECK(meeting.probe.told() == Lines{"failed tls_exchange_auth"});
  CHECK(contains(meeting.probe.last_detail(), "not for localhost"));
}

TEST_CASE("TLS: an expired certificate points to the clock") {
  const Meeting meeting({.from = -7000, .until = -60});
  CHECK(meeting.probe.told() == Lines{"failed tls_exchange_auth"});
  CHECK(contains(meeting.probe.last_detail(), "expired"));
  CHECK(contains(meeting.probe.last_detail(), "clock"));
}

TEST_CASE("TLS: a certificate that is not valid yet points to the clock") {
  const Meeting meeting({.from = 3600, .until = 7200});
  CHECK(meeting.probe.told() == Lines{"failed tls_exchange_auth"});
  CHECK(contains(meeting.probe.last_detail(), "clock"));
}

TEST_CASE("TLS: the ClientHello names the host, though its address is dialled") {
  Meeting meeting({});
  CHECK(meeting.probe.told() == Lines{"connected"});
  const std::lock_guard lock(meeting.mutex);
  CHECK(meeting.server_name == "localhost");
}

TEST_CASE("TLS: an address is verified as one, and not named") {
  Meeting meeting({.alternative_names = "IP:127.0.0.1"}, "127.0.0.1");
  CHECK(meeting.probe.told() == Lines{"connected"});
  const std::lock_guard lock(meeting.mutex);
  CHECK(meeting.server_name.empty());
}

TEST_CASE("TLS: a certificate for another address is refused") {
  const Meeting meeting({.alternative_names = "DNS:127.0.0.1,IP:127.0.0.2"}, "127.0.0.1");
  CHECK(meeting.probe.told() == Lines{"failed tls_exchange_auth"});
  CHECK(contains(meeting.probe.last_detail(), "not for 127.0.0.1"));
}

TEST_CASE("TLS: a wildcard stands for one whole label, and for no part of one") {
  const Meeting whole({.alternative_names = "DNS:*.hub.example"}, "device.hub.example");
  CHECK(whole.probe.told() == Lines{"connected"});
  for (const char* names : {"DNS:dev*.hub.example", "DNS:*ice.hub.example", "DNS:d*e.hub.example",
                            "DNS:*.example", "DNS:*.*.example"}) {
    CAPTURE(names);
    const Meeting part({.alternative_names = names}, "device.hub.example");
    CHECK(part.probe.told() == Lines{"failed tls_exchange_auth"});
  }
}

TEST_CASE("TLS: a server that knows nothing newer than TLS 1.1 is refused, whatever the suites") {
  for (const char* suites : {"", "ALL:!aNULL:!eNULL:@SECLEVEL=0"}) {
    CAPTURE(suites);
    ScriptedServer server([](ScriptedConnection& client) {
      client.start_tls({.certificate = certificate(), .max_version = TLS1_1_VERSION});
      client.wait_for_end();
    });
    auto config = config_for(server);
    config.cipher = suites;
    TransportProbe probe(config, quick());
    REQUIRE_FALSE(probe.creation_error);
    REQUIRE_FALSE(probe.connect());
    CHECK(probe.wait_for("failed connection_failed"));
  }
}

TEST_CASE("TLS: with the suites of any level, a server of TLS 1.2 is still served") {
  ScriptedServer server([](ScriptedConnection& client) {
    client.start_tls({.certificate = certificate(), .max_version = TLS1_2_VERSION});
    client.read_packet();
    client.write(connack(0));
    client.wait_for_end();
  });
  auto config = config_for(server);
  config.cipher = "ALL:!aNULL:!eNULL:@SECLEVEL=0";
  TransportProbe probe(config, quick());
  REQUIRE_FALSE(probe.creation_error);
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("connected"));
}

TEST_CASE("TLS: every certificate of the text is trusted, not the first alone") {
  const ServerCertificate own = TestCa("Another CA").issue();
  ScriptedServer server([&](ScriptedConnection& client) {
    if (client.accept_client(own)) client.wait_for_end();
  });
  for (const std::string& text : {own.ca + certificate().ca, certificate().ca + own.ca}) {
    TransportProbe probe(config_for(server.port(), text), quick());
    REQUIRE_FALSE(probe.connect());
    CHECK(probe.wait_for("connected"));
  }
}

TEST_CASE("TLS: many packets in one record are told, though no descriptor tells of the rest") {
  constexpr int kPackets = 400;
  ScriptedServer server([](ScriptedConnection& client) {
    client.accept_client(certificate());
    client.read_packet();
    std::string record;
    for (int i = 0; i < kPackets; ++i) record += publish_packet("t", std::to_string(i));
    REQUIRE(record.size() < 16 * 1024);
    client.write(record);
    client.wait_for_end();
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  REQUIRE_FALSE(probe.publish(1, "t"));
  REQUIRE(probe.wait_for_count(kPackets + 1));
  CHECK(probe.told().back() == "message t " + std::to_string(kPackets - 1));
}
