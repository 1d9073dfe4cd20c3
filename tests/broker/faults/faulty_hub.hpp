#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "broker/faults/fault_table.hpp"
#include "tests/support/scripted_server.hpp"
#include "transport/resolver.hpp"

namespace azure::iot::device::test {

// A hub that serves each client but one, to which a fault happens in a phase.
class FaultyHub {
 public:
  // `which` of the clients it is, from 0. Before it the others get a link that can be dropped.
  FaultyHub(Fault fault, Phase phase, int which);
  ~FaultyHub();

  std::uint16_t port() const { return server_.port(); }
  std::string ca() const;
  const std::shared_ptr<Resolver>& resolver() const { return resolver_; }

  // The fault that happens to a link that is up, and idle, happens now.
  void strike();
  // The links that are served end. A dial from here on meets the fault, if it is one of dialling.
  void drop_links();
  // What keeps everybody away, from before the dial, is over.
  void heal();

 private:
  class FaultyResolver;

  void script(ScriptedConnection& client);
  void misbehave(ScriptedConnection& client);
  void break_tls(ScriptedConnection& client);
  void strike(ScriptedConnection& client);
  // Serves until a packet of that type comes, which it gives; empty once the client has gone.
  std::string serve_until(ScriptedConnection& client, PacketType type);
  void serve(ScriptedConnection& client);
  void wait_for_strike();
  bool happens_before_dialling() const;
  void keep_away();

  const Fault fault_;
  const Phase phase_;
  const int which_;
  std::atomic<int> clients_ = 0;
  std::atomic<int> drops_ = 0;
  std::mutex mutex_;
  std::condition_variable struck_;
  bool strike_ = false;
  std::shared_ptr<Resolver> resolver_;
  ScriptedServer server_;  // Last: its threads use the others.
};

}  // namespace azure::iot::device::test
