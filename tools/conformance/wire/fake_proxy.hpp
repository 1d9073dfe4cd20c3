#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "pipeline/json/json.hpp"
#include "pipeline/loop/unique_fd.hpp"
#include "tests/support/scripted_server.hpp"
#include "tools/conformance/wire/hub_script.hpp"

namespace azure::iot::device::conformance::wire {

// A proxy for HTTP CONNECT, SOCKS4 and SOCKS5 that leads to one server, whatever target is
// requested, unless the script refuses. Notes the requests. Any thread.
class FakeProxy {
 public:
  FakeProxy(HubScript& script, test::ServerAddress server);

  std::uint16_t port() const { return listener_.port(); }
  void set_step(int step) { step_ = step; }
  std::vector<Json> requests() const;

 private:
  void serve(test::ScriptedConnection& client);
  bool serve_http(test::ScriptedConnection& client, std::string head);
  bool serve_socks4(test::ScriptedConnection& client);
  bool serve_socks5(test::ScriptedConnection& client);
  void carry(test::ScriptedConnection& client);
  void note(Json request);

  HubScript& script_;
  const test::ServerAddress server_;
  std::atomic<int> step_ = -1;
  mutable std::mutex mutex_;
  std::vector<Json> requests_;
  test::ScriptedServer listener_;
};

// A port of 127.0.0.1 without a listener, reserved while this lives.
class ClosedPort {
 public:
  ClosedPort();
  std::uint16_t port() const { return port_; }

 private:
  UniqueFd bound_;
  std::uint16_t port_;
};

}  // namespace azure::iot::device::conformance::wire
