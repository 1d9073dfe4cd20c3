// The other end of the private socket.
#pragma once

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "common/files.hpp"
#include "common/json.hpp"

namespace azure::iot::device::simulator {

// Thrown if the simulator refuses a request; carries its reason.
struct RequestRefused : std::runtime_error {
  RequestRefused(std::int64_t code_, const std::string& text)
      : std::runtime_error(text), code(code_) {}
  std::int64_t code;
};

class ControlClient {
 public:
  // Throws std::runtime_error when no simulator listens there.
  explicit ControlClient(const std::filesystem::path& socket);

  // Sends one request and returns its `result`. Throws RequestRefused, or std::runtime_error if the
  // simulator ends meanwhile or does not answer in time.
  Json call(const JsonObject& request, std::chrono::milliseconds timeout);

 private:
  Fd fd_;
};

}  // namespace azure::iot::device::simulator
