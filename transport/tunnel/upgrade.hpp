#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "../../pipeline/error.hpp"

namespace azure::iot::device {

// The HTTP/1.1 exchange that upgrades a connection to a WebSocket (RFC 6455 section 4). The service
// requires the path "/$iothub/websocket" and the sub-protocol "mqtt".
class Upgrade {
 public:
  // `key` is 16 random bytes in base64.
  Upgrade(const std::string& hostname, std::uint16_t port, std::string key);

  std::string request() const;

  // The size of the answer's head; 0 if the text does not contain all of it yet. The first `before`
  // bytes of the text were searched before.
  static std::size_t head_size(std::string_view text, std::size_t before = 0);
  // Returns the reason why an answer with this head opens no WebSocket; no error if it does.
  Error check(std::string_view head) const;

 private:
  std::string server_;  // "host:port".
  std::string key_;
};

}  // namespace azure::iot::device
