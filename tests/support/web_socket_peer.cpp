#include "tests/support/web_socket_peer.hpp"

#include <functional>

#include <openssl/evp.h>

namespace azure::iot::device::test {
namespace {

constexpr std::uint8_t kLast = 0x80;
constexpr std::uint8_t kMasked = 0x80;

// RFC 6455 section 4.2.2.
std::string accept_for(std::string_view request) {
  constexpr std::string_view kName = "Sec-WebSocket-Key: ";
  const std::size_t begin = request.find(kName) + kName.size();
  std::string text(request.substr(begin, request.find("\r\n", begin) - begin));
  text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  unsigned char base64[64];
  const int length = EVP_EncodeBlock(base64, digest, static_cast<int>(size));
  return {reinterpret_cast<char*>(base64), static_cast<std::size_t>(length)};
}

// Reads a frame by a function that returns that many bytes, or fewer at the end.
Frame read_frame_by(const std::function<std::string(std::size_t)>& read) {
  const Frame none{Opcode::close, {}, true};
  const std::string head = read(2);
  if (head.size() < 2) return none;
  const auto byte = [](char c) { return static_cast<std::uint8_t>(c); };
  std::size_t length = byte(head[1]) & 0x7f;
  const std::size_t size_of_length = length == 126 ? 2 : length == 127 ? 8 : 0;
  if (size_of_length > 0) {
    const std::string longer = read(size_of_length);
    if (longer.size() < size_of_length) return none;
    length = 0;
    for (const char c : longer) length = length << 8 | byte(c);
  }
  const bool masked = (byte(head[1]) & kMasked) != 0;
  const std::string mask = masked ? read(4) : std::string(4, '\0');
  Frame frame{static_cast<Opcode>(byte(head[0]) & 0x0f), read(length),
              (byte(head[0]) & kLast) != 0};
  if (mask.size() < 4 || frame.payload.size() < length) return none;
  for (std::size_t i = 0; i < length; ++i) {
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
  }
  return frame;
}

}  // namespace

std::string answer_upgrade(std::string_view request, const UpgradeAnswer& answer) {
  return answer.status + "\r\nUpgrade: " + answer.upgrade +
         "\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: " + answer.protocol +
         "\r\nSec-WebSocket-Accept: " +
         (answer.accept.empty() ? accept_for(request) : answer.accept) + "\r\n\r\n";
}

std::string accept_web_socket(ScriptedConnection& client, const UpgradeAnswer& answer) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    const std::string byte = client.read(1);
    if (byte.empty()) return {};
    head += byte;
  }
  client.write(answer_upgrade(head, answer));
  return head;
}

std::string to_bytes(const Frame& frame) {
  std::string bytes(
      1, static_cast<char>((frame.last ? kLast : 0U) | static_cast<std::uint8_t>(frame.opcode)));
  const std::size_t length = frame.payload.size();
  const int size_of_length = length < 126 ? 0 : length < 65536 ? 2 : 8;
  bytes += static_cast<char>(size_of_length == 0   ? length
                             : size_of_length == 2 ? std::size_t{126}
                                                   : std::size_t{127});
  for (int i = size_of_length - 1; i >= 0; --i) bytes += static_cast<char>(length >> (8 * i));
  return bytes + frame.payload;
}

Frame read_frame(ScriptedConnection& client) {
  return read_frame_by(
      [&](std::size_t size) { return size > 0 ? client.read(size) : std::string(); });
}

Frame take_frame(std::string& bytes) {
  return read_frame_by([&](std::size_t size) {
    const std::string taken = bytes.substr(0, size);
    bytes.erase(0, taken.size());
    return taken;
  });
}

}  // namespace azure::iot::device::test
