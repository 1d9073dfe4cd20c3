#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/transport_configs.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

void serve(ScriptedConnection& client) {
  client.accept_client(certificate());
  for (std::string packet; !(packet = client.read_packet()).empty();) {
    if ((packet[0] & 0xf0) == 0x30) client.write(puback(mid_of(packet)));
    if ((packet[0] & 0xf0) == 0x80) client.write(suback(mid_of(packet), 1));
  }
}

MosquittoTransportOptions never_resolved() {
  MosquittoTransportOptions options;
  options.resolver = std::make_shared<FixedResolver>(std::vector<std::string>{});
  return options;
}

}  // namespace

TEST_CASE("Disconnect: it is answered where there is no connection, without an error") {
  TransportProbe probe(config_for(8883, certificate().ca), quick());
  REQUIRE_FALSE(probe.disconnect());
  CHECK(probe.wait_for("disconnected"));
  CHECK(probe.told() == Lines{"disconnected"});
}

TEST_CASE("Disconnect: it ends a connect in every phase, and only itself is answered") {
  ScriptedServer silent([](ScriptedConnection& client) { client.wait_for_end(); });
  ScriptedServer no_connack([](ScriptedConnection& client) {
    client.start_tls(certificate());
    client.wait_for_end();
  });
  TransportProbe resolving(config_for(8883, certificate().ca), never_resolved());
  TransportProbe in_tls(config_for(silent), quick());
  TransportProbe in_connack(config_for(no_connack), quick());
  for (TransportProbe* const probe : {&resolving, &in_tls, &in_connack}) {
    for (std::size_t round = 1; round <= 3; ++round) {
      REQUIRE_FALSE(probe->connect());
      if (round == 2) probe->on_loop([](MqttTransport&) {});  // A turn later.
      REQUIRE_FALSE(probe->disconnect());
      REQUIRE(probe->wait_for("disconnected", static_cast<int>(round)));
      CHECK(probe->told().size() == round);
    }
  }
}

TEST_CASE("Disconnect: until it is answered no connect makes sense, afterwards it does") {
  ScriptedServer server(serve);
  TransportProbe probe(config_for(server), quick());
  probe.on_loop([](MqttTransport& transport) {
    CHECK_FALSE(transport.disconnect(false));
    CHECK(transport.connect("secret").code() == Errc::operation_error);
  });
  REQUIRE(probe.wait_for("disconnected"));
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("connected"));
}

TEST_CASE("Disconnect: two at a time are one") {
  ScriptedServer server(serve);
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  probe.on_loop([](MqttTransport& transport) {
    CHECK_FALSE(transport.disconnect(false));
    CHECK_FALSE(transport.disconnect(true));
    CHECK(transport.publish({1, 1}, "t", "x").code() == Errc::no_connection);
  });
  REQUIRE(probe.wait_for("disconnected"));
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected", 2));
  CHECK(probe.told() == Lines{"connected", "disconnected", "connected"});
}

TEST_CASE("Cancelling a connect: there is no answer, and the next connect is an ordinary one") {
  ScriptedServer server(serve);
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  probe.on_loop([](MqttTransport& transport) {
    CHECK(transport.cancel_connect().starts_with("no connection to "));
  });
  REQUIRE_FALSE(probe.connect());
  CHECK(probe.wait_for("connected"));
  probe.on_loop([](MqttTransport& transport) {
    CHECK(transport.cancel_connect().empty());  // Too late.
  });
  REQUIRE_FALSE(probe.publish(1, "t", "x"));
  CHECK(probe.wait_for("ack 1"));
  CHECK(probe.told() == Lines{"connected", "ack 1"});
}

TEST_CASE("Shutdown: what waits is cancelled inside the call, and nothing is told after it") {
  ScriptedServer server([](ScriptedConnection& client) {
    client.accept_client(certificate());
    client.wait_for_end();
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  REQUIRE_FALSE(probe.publish(1, "t", "x"));
  probe.on_loop([&](MqttTransport& transport) {
    CHECK_FALSE(transport.shutdown());
    CHECK(probe.told() == Lines{"connected", "ack 1 operation_cancelled"});
    CHECK(transport.connect("secret").code() == Errc::pipeline_not_running);
    CHECK(transport.disconnect(true).code() == Errc::pipeline_not_running);
    CHECK(transport.publish({2, 1}, "t", "x").code() == Errc::no_connection);
    CHECK(transport.subscribe({3, 1}, "t").code() == Errc::no_connection);
    transport.cancel_connect();
    transport.cancel_all_operations();
    CHECK_FALSE(transport.shutdown());
  });
  CHECK(probe.told().size() == 2);
}

TEST_CASE("Shutdown: the answer to a disconnect that was under way is not given any more") {
  TransportProbe probe(config_for(8883, certificate().ca), quick());
  probe.on_loop([](MqttTransport& transport) {
    CHECK_FALSE(transport.disconnect(false));
    CHECK_FALSE(transport.shutdown());
  });
  probe.turn();
  CHECK(probe.told().empty());
}

TEST_CASE("Cancelling: whoever is told of the first may destroy the transport, and hears no more") {
  ScriptedServer server([](ScriptedConnection& client) {
    if (client.accept_client(certificate())) client.wait_for_end();
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  for (std::uint32_t key = 1; key <= 3; ++key) REQUIRE_FALSE(probe.publish(key, "t"));
  probe.inside = [&](MqttTransport&, const std::string&) { probe.destroy_here(); };
  probe.on_loop([](MqttTransport& transport) { transport.cancel_all_operations(); });
  CHECK(probe.told() == Lines{"connected", "ack 1 operation_cancelled"});
}

TEST_CASE("The listener may disconnect, shut down or destroy inside whatever it is told") {
  using Act = std::function<void(TransportProbe&, MqttTransport&)>;
  const struct {
    const char* name;
    Act act;
  } reactions[] = {
      {"disconnect", [](TransportProbe&, MqttTransport& t) { CHECK_FALSE(t.disconnect(true)); }},
      {"shutdown", [](TransportProbe&, MqttTransport& t) { CHECK_FALSE(t.shutdown()); }},
      {"destroy", [](TransportProbe& p, MqttTransport&) { p.destroy_here(); }},
      {"publish", [](TransportProbe&, MqttTransport& t) {
         static_cast<void>(t.publish({9, 1}, "u", ""));
       }}};
  for (const std::string on :
       {"connected", "ack 1", "ack 2", "message a b", "disconnected", "failed connection_failed"}) {
    for (const auto& reaction : reactions) {
      CAPTURE(on);
      CAPTURE(reaction.name);
      std::atomic<bool> done = false;
      std::atomic<bool> refuse = on.rfind("failed", 0) == 0;
      ScriptedServer server([&](ScriptedConnection& client) {
        if (refuse) return;
        client.accept_client(certificate());
        for (std::string packet; !(packet = client.read_packet()).empty();) {
          if ((packet[0] & 0xf0) == 0x80) client.write(suback(mid_of(packet), 1));
          if ((packet[0] & 0xf0) == 0x30) {
            client.write(puback(mid_of(packet)) + publish_packet("a", "b"));
          }
        }
      });
      TransportProbe probe(config_for(server), quick());
      probe.inside = [&](MqttTransport& transport, const std::string& line) {
        if (line != on || done.exchange(true)) return;
        reaction.act(probe, transport);
      };
      REQUIRE_FALSE(probe.connect());
      if (!refuse && probe.wait_for("connected")) {
        probe.on_loop_if_alive([](MqttTransport& transport) {
          static_cast<void>(transport.subscribe({1, 1}, "a"));
          static_cast<void>(transport.publish({2, 1}, "a", "b"));
        });
        if (on != "connected" && on != "disconnected") CHECK(probe.wait_for(on));
        if (on == "disconnected") {
          probe.on_loop_if_alive([](MqttTransport& t) { static_cast<void>(t.disconnect(false)); });
        }
      }
      CHECK(probe.wait_for(on));
    }
  }
}

TEST_CASE("Destroying: it is possible in every state, at once") {
  for (int state = 0; state < 5; ++state) {
    ScriptedServer server([&](ScriptedConnection& client) {
      if (state >= 2) client.start_tls(certificate());
      if (state >= 3) client.write(connack(0));
      client.wait_for_end();
    });
    TransportProbe probe(config_for(server), state == 0 ? never_resolved() : quick());
    REQUIRE_FALSE(probe.connect());
    if (state >= 3) REQUIRE(probe.wait_for("connected"));
    if (state == 4) REQUIRE_FALSE(probe.publish(1, "t", std::string(1 << 20, 'x')));
    const auto begin = std::chrono::steady_clock::now();
    probe.destroy();
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
  }
}

TEST_CASE("Destroying: a server that is connected is told, in MQTT and in TLS") {
  std::promise<std::pair<std::string, std::string>> last;
  ScriptedServer server([&](ScriptedConnection& client) {
    client.accept_client(certificate());
    const std::string publish = client.read_packet();
    const std::string farewell = client.read_packet();
    last.set_value({publish, farewell});
  });
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  // Held writes are sent first.
  probe.on_loop([&](MqttTransport& transport) {
    CHECK_FALSE(transport.publish({1, 1}, "t", "last words"));
    probe.destroy_here();
  });
  const auto [publish, farewell] = last.get_future().get();
  CHECK(payload_of(publish) == "last words");
  CHECK(farewell == std::string{'\xe0', '\0'});
}

TEST_CASE("Destroying: in a forked child it says nothing, and takes nothing from the parent") {
  ScriptedServer server(serve);
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    probe.destroy_here();
    ::_exit(0);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  REQUIRE_FALSE(probe.publish(1, "t"));
  CHECK(probe.wait_for("ack 1"));
  CHECK(probe.told() == Lines{"connected", "ack 1"});
}

TEST_CASE("The process: its descriptors are close-on-exec and SIGPIPE is what it was") {
  struct sigaction before {};
  struct sigaction after {};
  ScriptedServer server(serve);  // Ignores SIGPIPE.
  ::signal(SIGPIPE, SIG_DFL);
  ::sigaction(SIGPIPE, nullptr, &before);
  TransportProbe probe(config_for(server), quick());
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for("connected"));
  ::sigaction(SIGPIPE, nullptr, &after);
  ::signal(SIGPIPE, SIG_IGN);
  const bool unchanged = before.sa_handler == after.sa_handler;
  CHECK(unchanged);

  int sockets = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename());
    struct stat status {};
    if (fd < 3 || ::fstat(fd, &status) != 0 || !S_ISSOCK(status.st_mode)) continue;
    ++sockets;
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  }
  CHECK(sockets >= 3);
}
