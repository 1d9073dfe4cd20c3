// OpenSSL and libmosquitto keep errors per thread, and many clients share a thread.
#include <future>

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;

namespace {

void serve(ScriptedConnection& client) {
  if (!client.accept_client(certificate())) return;
  for (std::string packet; !(packet = client.read_packet()).empty();) {
    if (type_of(packet) != PacketType::publish) continue;
    client.write(publish_packet("echo", payload_of(packet)) + puback(mid_of(packet)));
  }
}

// Leaves an error in OpenSSL's queue, as another user of OpenSSL would.
void leave_error(TransportProbe& probe) {
  probe.on_loop([](MqttTransport&) { ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH); });
}

bool has_error(TransportProbe& probe) {
  bool found = false;
  probe.on_loop([&](MqttTransport&) { found = ERR_peek_error() != 0; });
  return found;
}

}  // namespace

TEST_CASE("Shared thread: an error that another left in OpenSSL's queue ends no connection") {
  ScriptedServer server(serve);
  TransportProbe probe(config_for(server), quick());
  leave_error(probe);
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  for (std::uint32_t i = 0; i < 10; ++i) {
    leave_error(probe);
    REQUIRE_FALSE(probe.publish(i, "t", std::to_string(i)));
    CHECK(probe.wait_for("ack " + std::to_string(i)));
    probe.turn();
  }
  leave_error(probe);
  REQUIRE_FALSE(probe.disconnect());
  CHECK(probe.wait_for("disconnected"));
  CHECK(probe.told().size() == 22);
}

TEST_CASE("Shared thread: a failed connect leaves nothing in OpenSSL's queue for another") {
  const ServerCertificate of_another = make_server_certificate();
  ScriptedServer refusing(
      [](ScriptedConnection& client) { client.refuse_tls(Alert::handshake_failure); });
  ScriptedServer untrusted([&](ScriptedConnection& client) { client.start_tls(of_another); });
  ScriptedServer garbled([](ScriptedConnection& client) {
    client.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    client.wait_for_end();
  });
  for (ScriptedServer* const server : {&refusing, &untrusted, &garbled}) {
    TransportProbe probe(config_for(*server), quick());
    REQUIRE_FALSE(probe.connect());
    REQUIRE(probe.wait_for_count(1));
    probe.turn();
    CHECK_FALSE(has_error(probe));
  }
}

TEST_CASE("Shared thread: a certificate that one client refuses is not held against another's") {
  const ServerCertificate of_another = make_server_certificate();
  ScriptedServer untrusted([&](ScriptedConnection& client) { client.start_tls(of_another); });
  ScriptedServer hanging_up([](ScriptedConnection& client) { client.read(100); });
  const std::shared_ptr<EventLoop> loop = EventLoop::create();
  TransportProbe one(config_for(untrusted), quick(), loop);
  TransportProbe other(config_for(hanging_up), quick(), loop);
  REQUIRE_FALSE(one.connect());
  CHECK(one.wait_for("failed tls_exchange_auth"));
  REQUIRE_FALSE(other.connect());
  CHECK(other.wait_for("failed connection_failed"));
}

TEST_CASE("Shared thread: what one client holds back goes to its own server") {
  std::promise<std::string> to_one, to_other;
  const auto first_payload = [](std::promise<std::string>& to) {
    return [&to](ScriptedConnection& client) {
      client.accept_client(certificate());
      to.set_value(payload_of(client.read_packet()));
      client.wait_for_end();
    };
  };
  ScriptedServer server_of_one(first_payload(to_one));
  ScriptedServer server_of_other(first_payload(to_other));
  const std::shared_ptr<EventLoop> loop = EventLoop::create();
  TransportProbe one(config_for(server_of_one), quick(), loop);
  TransportProbe other(config_for(server_of_other), quick(), loop);
  for (TransportProbe* const probe : {&one, &other}) {
    REQUIRE_FALSE(probe->connect());
    REQUIRE(probe->wait_for("connected"));
  }
  REQUIRE_FALSE(one.publish(1, "t", "for one"));
  REQUIRE_FALSE(other.publish(1, "t", "for the other"));
  CHECK(to_one.get_future().get() == "for one");
  CHECK(to_other.get_future().get() == "for the other");
}
