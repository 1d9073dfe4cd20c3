#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "clients/iothub_device_client.hpp"

namespace azure::iot::device::test {

// Every text that the library emits while this lives: log records at the finest level, exceptions
// with their causes, and errors passed to handlers.
class Said {
 public:
  Said();
  ~Said();

  void add(const std::string& text);
  void add(const IotError& e);
  // Runs `call` and records any exception. Returns whether there was one.
  bool thrown_by(const std::function<void()>& call);
  // Records errors passed to handlers of this client, which must end first.
  void listen_to(IoTHubDeviceClient& client);
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// Fails the test for each secret that the text contains, in any of the encodings that it may have.
void check_absent(const std::vector<std::string>& secrets, const std::string& text);

}  // namespace azure::iot::device::test
