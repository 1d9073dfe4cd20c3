#include "tools/conformance/wire/hub_stream.hpp"

#include <algorithm>
#include <utility>

#include "tests/support/mqtt_packets.hpp"
#include "tests/support/web_socket_peer.hpp"

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

class WebSocketHubStream final : public HubStream {
 public:
  WebSocketHubStream(test::ScriptedConnection& client, Json upgrade)
      : client_(client), upgrade_(std::move(upgrade)) {}

  void write(std::string_view bytes) override {
    client_.write(test::to_bytes({.payload = std::string(bytes)}));
  }
  bool wait_to_read(int wake) override { return !read_.empty() || client_.wait_to_read(wake); }
  Json upgrade() const override { return upgrade_; }

 protected:
  std::string read(std::size_t size) override {
    while (read_.size() < size) {
      const test::Frame frame = test::read_frame(client_);
      if (frame.opcode == test::Opcode::close) break;
      const bool control = frame.opcode == test::Opcode::ping || frame.opcode == test::Opcode::pong;
      if (!control) read_ += frame.payload;
    }
    std::string bytes = read_.substr(0, size);
    read_.erase(0, bytes.size());
    return bytes;
  }

 private:
  test::ScriptedConnection& client_;
  const Json upgrade_;
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
  return test::read_packet([this](std::size_t size) { return read(size); });
}

std::unique_ptr<HubStream> HubStream::over_tls(test::ScriptedConnection& client) {
  return std::make_unique<TlsHubStream>(client);
}

std::unique_ptr<HubStream> HubStream::over_web_socket(test::ScriptedConnection& client) {
  const std::string request = test::accept_web_socket(client);
  if (request.empty()) return nullptr;
  return std::make_unique<WebSocketHubStream>(client, read_head(request));
}

}  // namespace azure::iot::device::conformance::wire
