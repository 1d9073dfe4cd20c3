// Faults between the TCP connection and MQTT, on every route. Each fault is tested in each phase:
// its outcome, the time it takes, the CPU it costs, and the connect after it.
#include <atomic>
#include <chrono>
#include <ctime>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "tests/support/lateness.hpp"
#include "tests/support/process_probe.hpp"
#include "tests/transport/tunnel/scripted_proxy.hpp"
#include "tests/transport/tunnel/web_socket_server.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

enum class Road { direct, web_socket, http_proxy, socks4_proxy, socks5_proxy };
enum class Phase { proxy, tls, upgrade, connack };
enum class Fault { rst, fin, silence, half, garbage, flood, slow };

std::string name_of(Road road) {
  constexpr const char* kNames[] = {"direct", "WebSocket", "HTTP proxy", "SOCKS4 proxy",
                                    "SOCKS5 proxy"};
  return kNames[static_cast<int>(road)];
}
std::string name_of(Phase phase) {
  constexpr const char* kNames[] = {"proxy", "TLS", "upgrade", "CONNACK"};
  return kNames[static_cast<int>(phase)];
}
std::string name_of(Fault fault) {
  constexpr const char* kNames[] = {"RST",     "FIN",   "silence",   "half an answer",
                                    "garbage", "flood", "slow bytes"};
  return kNames[static_cast<int>(fault)];
}

bool is_proxy(Road road) { return road >= Road::http_proxy; }
bool has_phase(Road road, Phase phase) {
  if (phase == Phase::proxy) return is_proxy(road);
  return phase != Phase::upgrade || road == Road::web_socket;
}

constexpr auto kDeadline = 600ms;

// Applies the fault instead of an answer. Returns whether to serve the client nevertheless.
bool misbehave(ScriptedConnection& client, Fault fault, const std::string& answer) {
  switch (fault) {
    case Fault::rst: client.reset(); return false;
    case Fault::fin: client.hang_up(); return false;
    case Fault::silence: break;
    case Fault::half: client.write(answer.substr(0, answer.size() / 2)); break;
    case Fault::garbage: client.write("\xff\xfe is no answer to anything\r\n\r\n"); break;
    case Fault::flood: {
      const std::string more(64 * 1024, '\xff');
      for (int i = 0; i < 3000; ++i) client.write(more);  // The client hangs up first.
      break;
    }
    case Fault::slow:
      for (const char byte : answer) {
        client.write(std::string(1, byte));
        std::this_thread::sleep_for(1ms);  // This is the pace.
      }
      return true;
  }
  client.wait_for_end();
  return false;
}

// Serves every client except the first, which meets the fault in the given phase.
class Server {
 public:
  Server(Road road, Phase phase, Fault fault)
      : road_(road),
        phase_(phase),
        fault_(fault),
        server_([this](ScriptedConnection& client) { serve(client, clients_++ == 0); }) {}

  MqttTransportConfig config() const {
    switch (road_) {
      case Road::direct: return config_for(server_);
      case Road::web_socket: return over_web_socket(server_);
      case Road::http_proxy: return behind(server_, ProxyType::http);
      case Road::socks4_proxy: return behind(server_, ProxyType::socks4);
      default: return behind(server_, ProxyType::socks5);
    }
  }

 private:
  bool answer(ScriptedConnection& client, Phase phase, bool struck, const std::string& text) {
    if (struck && phase == phase_) return misbehave(client, fault_, text);
    client.write(text);
    return true;
  }

  void serve(ScriptedConnection& client, bool struck) {
    if (!pass_proxy(client, struck)) return;
    if (struck && phase_ == Phase::tls) {
      client.read(1);  // Of the ClientHello.
      misbehave(client, fault_, "\x16\x03\x03");
      return;
    }
    if (!client.start_tls(certificate())) return;
    if (road_ == Road::web_socket) {
      const std::string head = read_head(client);
      if (head.empty()) return;
      if (!answer(client, Phase::upgrade, struck, answer_upgrade(head))) return;
    }
    Packets packets(client);
    const bool framed = road_ == Road::web_socket;
    if ((framed ? packets.next() : client.read_packet()).empty()) return;
    const std::string accepted = framed ? frame(connack(0)) : connack(0);
    if (answer(client, Phase::connack, struck, accepted)) client.wait_for_end();
  }

  bool pass_proxy(ScriptedConnection& client, bool struck) {
    switch (road_) {
      case Road::http_proxy:
        if (read_head(client).empty()) return false;
        return answer(client, Phase::proxy, struck, "HTTP/1.1 200 OK\r\n\r\n");
      case Road::socks4_proxy:
        if (read_socks4_target(client).empty()) return false;
        return answer(client, Phase::proxy, struck, socks4_reply(90));
      case Road::socks5_proxy:
        if (client.read(3).empty()) return false;
        if (!answer(client, Phase::proxy, struck, kNoAuthentication)) return false;
        if (read_socks5_target(client).empty()) return false;
        client.write(socks5_reply(0));
        return true;
      default: return true;
    }
  }

  const Road road_;
  const Phase phase_;
  const Fault fault_;
  std::atomic<int> clients_ = 0;
  ScriptedServer server_;
};

// Whether the connect succeeds despite the fault.
bool is_survived(Phase phase, Fault fault) { return fault == Fault::slow && phase != Phase::tls; }

void check(Road road, Phase phase, Fault fault) {
  Server server(road, phase, fault);
  const Duration deadline = is_survived(phase, fault) ? Duration(10s) : Duration(kDeadline);
  TransportProbe probe(server.config(), quick(deadline));
  const Lateness lateness;
  const std::clock_t cpu_before = std::clock();
  const auto begin = Clock::now();
  REQUIRE_FALSE(probe.connect());
  Clock::duration slowest{};
  while (probe.told().empty() && Clock::now() < begin + 20s) {
    const auto asked = Clock::now();
    probe.turn();  // Another user of the loop.
    slowest = std::max(slowest, Clock::now() - asked);
    std::this_thread::sleep_for(5ms);  // Lets the loop sleep.
  }
  REQUIRE(probe.told().size() == 1);
  CAPTURE(probe.told().front());
  CAPTURE(probe.last_detail());
  CHECK(probe.told().front().starts_with(is_survived(phase, fault) ? "connected" : "failed "));
  if (!is_survived(phase, fault)) {
    CHECK(Clock::now() - begin < lateness.allow(kDeadline + 200ms));
  }
  CHECK(slowest < lateness.allow(50ms));
  // A flood costs the server's own CPU time too.
  const double cpu = static_cast<double>(std::clock() - cpu_before) / CLOCKS_PER_SEC;
  if (fault != Fault::flood && !kSanitized) CHECK(cpu < 0.2);
  if (is_survived(phase, fault)) return;
  CHECK(contains(probe.told().front(), "connection_") !=
        contains(probe.told().front(), "protocol_"));
  // The next connect is served.
  REQUIRE_FALSE(probe.connect());
  REQUIRE(probe.wait_for_count(2));
  CHECK(probe.told().back() == "connected");
}

}  // namespace

TEST_CASE("Roads: each fault in each phase of a connect ends in time, at no cost to others") {
  for (const Road road :
       {Road::direct, Road::web_socket, Road::http_proxy, Road::socks4_proxy, Road::socks5_proxy}) {
    if (road != Road::direct && missing_tunnel(true, {})) continue;
    for (const Phase phase : {Phase::proxy, Phase::tls, Phase::upgrade, Phase::connack}) {
      if (!has_phase(road, phase)) continue;
      for (const Fault fault : {Fault::rst, Fault::fin, Fault::silence, Fault::half, Fault::garbage,
                                Fault::flood, Fault::slow}) {
        INFO(name_of(road) << ", " << name_of(phase) << ", " << name_of(fault));
        check(road, phase, fault);
      }
    }
  }
}
