#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/scripted_server.hpp"
#include "transport/resolver.hpp"

namespace azure::iot::device::test {

// The certificate of the far end, created once.
const ServerCertificate& far_end_certificate();

// Opens once, for all waiting threads.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

// A resolver in which the system never returns from a lookup before the end of the test.
class StuckResolver final : public Resolver {
 public:
  ~StuckResolver() override { give_back(); }
  void resolve(const std::string& host, Done done) override;
  void give_back();
  int asked() const { return asked_; }

 private:
  Gate gate_;
  std::atomic<int> asked_ = 0;
  std::mutex mutex_;
  std::vector<std::thread> workers_;
};

// The behaviour of the far end for each client in turn.
struct FarEnd {
  std::atomic<bool> handshake = true;
  std::atomic<bool> connack = true;
  std::atomic<bool> puback = true;
  std::atomic<bool> suback = true;
  std::atomic<bool> reads = true;
  std::atomic<bool> hangs_up = false;  // On the arrival of a message.
  std::atomic<int> publishes = 0;
  std::atomic<int> subscribes = 0;
  std::atomic<int> kept_waiting = 0;  // Clients that wait for the handshake or the CONNACK.

  void serve(ScriptedConnection& client);

 private:
  void keep_waiting(ScriptedConnection& client);
  void answer(ScriptedConnection& client, const std::string& packet);
};

}  // namespace azure::iot::device::test
