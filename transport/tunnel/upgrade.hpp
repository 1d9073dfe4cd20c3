#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "../../pipeline/error.hpp"

namespace azure::iot::device {

// The HTTP/1.1 exchange in which a connection becomes a WebSocket (RFC 6455 section 4), as the
// service wants it: path "/$iothub/websocket", sub-protocol "mqtt".
class Upgrade {
 public:
  // `key` is 16 random bytes in base64.
  Upgrade(const std::string& hostname, std::uint16_t port, std::string key);

  std::string request() const;

  // Whether the text so far is the whole head of an answer: what it takes up, 0 if more must come.
  // `before` is how much of the text was looked at before in vain.
  static std::size_t head_size(std::string_view text, std::size_t before = 0);
  // Why the answer with this head does not make a WebSocket.
  Error check(std::string_view head) const;

 private:
  std::string server_;  // "host:port".
  std::string key_;
};

}  // namespace azure::iot::device
