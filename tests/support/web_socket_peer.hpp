#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/scripted_connection.hpp"

namespace azure::iot::device::test {

// A server's answer to a request for a WebSocket.
struct UpgradeAnswer {
  std::string status = "HTTP/1.1 101 Switching Protocols";
  std::string upgrade = "websocket";
  std::string accept = {};  // Empty: the correct value.
  std::string protocol = "mqtt";
};
// Returns the head of that answer to that request.
std::string answer_upgrade(std::string_view request, const UpgradeAnswer& answer = {});

// Reads the request of a client and answers it. Returns the request; empty if the client hung up.
std::string accept_web_socket(ScriptedConnection& client, const UpgradeAnswer& answer = {});

enum class Opcode : std::uint8_t { more = 0, binary = 2, close = 8, ping = 9, pong = 10 };
struct Frame {
  Opcode opcode = Opcode::binary;
  std::string payload;
  bool last = true;  // Of its message.
};
// As a server sends it: without a mask.
std::string to_bytes(const Frame& frame);
// The next frame of a client, unmasked; of opcode `close` once it has hung up.
Frame read_frame(ScriptedConnection& client);
// Removes the frame at the front of a client's bytes and returns it. Empty payload and opcode
// `close` if it is not whole.
Frame take_frame(std::string& bytes);

}  // namespace azure::iot::device::test
