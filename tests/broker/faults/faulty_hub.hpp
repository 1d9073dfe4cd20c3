#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "broker/faults/fault_table.hpp"
#include "pipeline/loop/unique_fd.hpp"
#include "tests/support/scripted_server.hpp"
#include "transport/resolver.hpp"

namespace azure::iot::device::test {

// The route of the client to the hub.
enum class Way { direct, web_socket, proxy };
std::string_view to_string(Way way);

// A hub that serves every client except one, to which a fault happens in a phase.
class FaultyHub {
 public:
  // `which` is the index of that client. Earlier clients get a link that can be dropped.
  FaultyHub(Fault fault, Phase phase, int which, Way way = Way::direct);
  ~FaultyHub();

  std::uint16_t port() const { return server_.port(); }
  std::string ca() const;
  std::shared_ptr<Resolver> resolver() const;

  Fault fault() const { return fault_; }
  Way way() const { return way_; }

  // Makes the clock jump when its fault happens. Call it before the client is created.
  void on_clock_jump(std::function<void()> jump);
  // The number of the client's messages that wait for a PUBACK held back by the fault.
  std::size_t held_back() const { return held_back_; }

  // Applies the fault to a link that is up and idle, now.
  void strike();
  // Ends the links that are served. A later dial meets the fault, if it is one of dialling.
  void drop_links();
  // Ends faults that keep clients away, whether before the dial or by a refusal.
  void heal();

 private:
  class FaultyResolver;

  void script(ScriptedConnection& client);
  void be_proxy(ScriptedConnection& client);
  bool open(ScriptedConnection& client, const ServerCertificate& certificate);
  bool accept(ScriptedConnection& client);
  void misbehave(ScriptedConnection& client);
  void break_tls(ScriptedConnection& client);
  void strike(ScriptedConnection& client, const std::string& answer);
  void refuse(ScriptedConnection& client);
  // Serves until a packet of that type arrives, and returns it; empty if the client has hung up.
  std::string serve_until(ScriptedConnection& client, PacketType type);
  void serve(ScriptedConnection& client);
  void hold_back_pubacks(ScriptedConnection& client);
  void restart(ScriptedConnection& client);
  void wait_for_strike();
  bool happens_before_dialling() const;
  void keep_away();

  const Fault fault_;
  const Phase phase_;
  const int which_;
  const Way way_;
  std::atomic<int> clients_ = 0;
  std::atomic<std::size_t> held_back_ = 0;
  std::atomic<bool> healed_ = false;
  std::function<void()> jump_ = [] {};
  const UniqueFd struck_;  // An eventfd, readable once the fault was triggered.
  std::mutex listening_;   // Guards starting and stopping the server.
  const std::shared_ptr<FaultyResolver> resolver_;
  ScriptedServer server_;  // Last: its threads use the others.
};

}  // namespace azure::iot::device::test
