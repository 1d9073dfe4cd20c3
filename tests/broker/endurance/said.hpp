#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "clients/iothub_device_client.hpp"

namespace azure::iot::device::test {

// All that the library says while this lives: records at the finest level, exceptions with their
// causes, errors that handlers are told.
class Said {
 public:
  Said();
  ~Said();

  void add(const std::string& text);
  void add(const IotError& e);
  // Calls, and takes in what is thrown. Whether something was.
  bool thrown_by(const std::function<void()>& call);
  // Takes in what handlers of this client are told; it has to end first.
  void listen_to(IoTHubDeviceClient& client);
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// Fails the test for each of these secrets that stands in the text in one of the forms that it may
// take.
void check_absent(const std::vector<std::string>& secrets, const std::string& text);

}  // namespace azure::iot::device::test
