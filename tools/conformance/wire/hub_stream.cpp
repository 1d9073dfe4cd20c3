#include "tools/conformance/wire/hub_stream.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <openssl/evp.h>
#include <wslay/wslay.h>

#include "pipeline/auth/base64.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

class TlsHubStream final : public HubStream {
 public:
  explicit TlsHubStream(test::ScriptedConnection& client) : client_(client) {}
  void write(std::string_view bytes) override { client_.write(bytes); }
  bool wait_to_read(int wake) override { return client_.wait_to_read(wake); }

 protected:
  std::string read(std::size_t size) override { return client_.read(size); }

 private:
  test::ScriptedConnection& client_;
};

// The server's side of a WebSocket, frame by frame.
class WebSocketHubStream final : public HubStream {
 public:
  WebSocketHubStream(test::ScriptedConnection& client, Json upgrade)
      : client_(client), upgrade_(std::move(upgrade)) {
    const wslay_frame_callbacks callbacks{send, receive, nullptr};
    wslay_frame_context_init(&context_, &callbacks, this);
  }
  ~WebSocketHubStream() override { wslay_frame_context_free(context_); }

  void write(std::string_view bytes) override { send_frame(WSLAY_BINARY_FRAME, bytes); }
  bool wait_to_read(int wake) override {
    return !read_.empty() || !raw_.empty() || client_.wait_to_read(wake);
  }
  Json upgrade() const override { return upgrade_; }

 protected:
  std::string read(std::size_t size) override {
    while (read_.size() < size && receive_frame()) {
    }
    std::string bytes = read_.substr(0, size);
    read_.erase(0, bytes.size());
    return bytes;
  }

 private:
  static ssize_t send(const std::uint8_t* bytes, std::size_t size, int, void* self) {
    auto& stream = *static_cast<WebSocketHubStream*>(self);
    stream.client_.write({reinterpret_cast<const char*>(bytes), size});
    return static_cast<ssize_t>(size);
  }
  static ssize_t receive(std::uint8_t* to, std::size_t size, int, void* self) {
    auto& stream = *static_cast<WebSocketHubStream*>(self);
    if (stream.raw_.empty()) stream.raw_ = stream.client_.read_some(64 * 1024);
    const std::size_t got = std::min(size, stream.raw_.size());
    std::memcpy(to, stream.raw_.data(), got);
    stream.raw_.erase(0, got);
    return got > 0 ? static_cast<ssize_t>(got) : -1;
  }

  bool receive_frame() {
    wslay_frame_iocb frame{};
    const ssize_t got = wslay_frame_recv(context_, &frame);
    if (got < 0 || frame.opcode == WSLAY_CONNECTION_CLOSE) return false;
    const std::string_view bytes(reinterpret_cast<const char*>(frame.data), frame.data_length);
    if (wslay_is_ctrl_frame(frame.opcode) == 0) read_.append(bytes);
    return true;
  }

  void send_frame(std::uint8_t opcode, std::string_view bytes) {
    wslay_frame_iocb frame{};
    frame.fin = 1;
    frame.opcode = opcode;
    frame.payload_length = bytes.size();
    frame.data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    frame.data_length = bytes.size();
    wslay_frame_send(context_, &frame);
  }

  test::ScriptedConnection& client_;
  const Json upgrade_;
  wslay_frame_context_ptr context_ = nullptr;
  std::string raw_;   // Of frames.
  std::string read_;  // Out of frames.
};

}  // namespace

Json read_head(std::string_view head) {
  Json headers = Json::array();
  std::string request_line;
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    if (line.empty()) continue;
    const std::size_t colon = line.find(": ");
    if (request_line.empty()) {
      request_line = line;
    } else if (colon != std::string_view::npos) {
      headers.push_back(Json::array({Json(line.substr(0, colon)), Json(line.substr(colon + 2))}));
    }
  }
  return {{"request_line", request_line}, {"headers", std::move(headers)}};
}

std::string HubStream::read_packet() {
  std::string packet = read(1);
  if (packet.empty()) return {};
  std::size_t length = 0;
  for (int shift = 0;; shift += 7) {
    const std::string byte = read(1);
    if (byte.empty()) return {};
    packet += byte;
    length |= static_cast<std::size_t>(byte[0] & 0x7f) << shift;
    if ((byte[0] & 0x80) == 0) break;
  }
  const std::string rest = read(length);
  return rest.size() == length ? packet + rest : std::string();
}

std::unique_ptr<HubStream> HubStream::over_tls(test::ScriptedConnection& client) {
  return std::make_unique<TlsHubStream>(client);
}

std::unique_ptr<HubStream> HubStream::over_web_socket(test::ScriptedConnection& client) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    const std::string byte = client.read(1);
    if (byte.empty()) return nullptr;
    head += byte;
  }
  Json upgrade = read_head(head);
  std::string key;
  for (const Json& header : upgrade["headers"].elements()) {
    if (header[0] == Json("Sec-WebSocket-Key")) key = header[1].as_string();
  }
  key += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(key.data(), key.size(), digest, &size, EVP_sha1(), nullptr);
  client.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Accept: " +
      encode_base64({reinterpret_cast<const char*>(digest), size}) + "\r\n\r\n");
  return std::make_unique<WebSocketHubStream>(client, std::move(upgrade));
}

}  // namespace azure::iot::device::conformance::wire
