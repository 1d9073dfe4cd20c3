#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "pipeline/loop/unique_fd.hpp"
#include "tests/support/scripted_connection.hpp"
#include "tools/conformance/wire/fake_hub.hpp"
#include "tools/conformance/wire/hub_stream.hpp"

namespace azure::iot::device::conformance::wire {

// One connection of a client. Its own thread reads and writes; other threads queue packets for it.
class FakeHub::Connection {
 public:
  Connection(test::ScriptedConnection& client, std::unique_ptr<HubStream> stream, int number);

  int number() const { return number_; }
  const test::ScriptedConnection& client() const { return client_; }
  Json upgrade() const { return stream_->upgrade(); }

  // Handles packets, and writes, until either side ends the connection.
  void run(const std::function<void(const std::string& packet)>& handle);
  // Ends `run` when the packet has been handled.
  void end() { ended_ = true; }

  // Any thread.
  void write(std::string bytes);
  void publish(const HubMessage& message);
  void drop();
  // Whether it is idle with an empty queue. Packets that the client has sent are there at once.
  bool idle();
  // The connection has ended: `client` must not be used any more.
  void forget();

 private:
  void write_left();

  test::ScriptedConnection& client_;
  const std::unique_ptr<HubStream> stream_;
  const int number_;
  bool ended_ = false;
  const UniqueFd wake_;
  std::mutex mutex_;
  std::deque<std::string> to_write_;
  std::uint16_t last_mid_ = 0;
  bool gone_ = false;
  std::atomic<bool> waiting_ = false;
};

}  // namespace azure::iot::device::conformance::wire
