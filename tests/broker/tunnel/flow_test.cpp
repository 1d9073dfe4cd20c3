#include <atomic>
#include <future>
#include <memory>
#include <string>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/clients/hub_device.hpp"
#include "tests/support/process_probe.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/web_socket_peer.hpp"
#include "transport/tunnel/web_socket.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

// A limit for the bytes between the two sides: 64 KB in each direction, in a few copies while they
// move.
constexpr std::size_t kMemory = 1024 * 1024;
constexpr std::size_t kAll = 32 * 1024 * 1024;  // More than the system's buffers hold.

const ServerCertificate& certificate() {
  static const ServerCertificate made = make_server_certificate();
  return made;
}

UniqueFd connect_to(std::uint16_t port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int small = 64 * 1024;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  return fd;
}

// A WebSocket to that server on a loop of its own, and the local end that carries MQTT.
class OpenWebSocket {
 public:
  explicit OpenWebSocket(const ScriptedServer& server) {
    auto tls =
        TlsContext::get({.hostname = "localhost", .server_verification_cert = certificate().ca});
    REQUIRE(tls);
    std::promise<Result<UniqueFd>> opened;
    loop_->post([&] {
      socket_ = std::make_unique<WebSocket>(
          *loop_, *tls, Route{"localhost", server.port(), std::nullopt, true},
          connect_to(server.port()),
          [&](Result<UniqueFd> result) { opened.set_value(std::move(result)); });
    });
    auto result = opened.get_future().get();
    REQUIRE(result);
    local_ = *std::move(result);
  }
  ~OpenWebSocket() {
    std::promise<void> gone;
    loop_->post([&] {
      socket_.reset();
      gone.set_value();
    });
    gone.get_future().wait();
  }
  int fd() const { return local_.get(); }

 private:
  std::shared_ptr<EventLoop> loop_ = EventLoop::create();
  std::unique_ptr<WebSocket> socket_;  // Loop's thread only.
  UniqueFd local_;
};

bool is_ready(int fd, short events, std::chrono::milliseconds patience) {
  pollfd entry{fd, events, 0};
  return ::poll(&entry, 1, static_cast<int>(patience.count())) == 1 &&
         (entry.revents & events) != 0;
}

char byte_at(std::size_t place) { return static_cast<char>(place * 31 >> 3); }

std::string bytes_from(std::size_t place, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = byte_at(place + i);
  return bytes;
}

// Counts the bytes, and checks that each is the expected one.
struct Check {
  void take(std::string_view bytes) {
    if (bytes != bytes_from(count, bytes.size())) wrong = true;
    count += bytes.size();
  }
  std::atomic<std::size_t> count = 0;
  std::atomic<bool> wrong = false;
};

// Checks that little CPU time and memory is used while nothing happens.
void check_at_rest(std::size_t heap_before) {
  const Stopwatch watch;
  std::this_thread::sleep_for(300ms);
  if (kSanitized) return;
  CHECK(watch.cpu() <= 100ms);
  CHECK(heap_in_use() <= heap_before + kMemory);
}

}  // namespace

TEST_CASE("WebSocket: where the server does not read, the other side has to wait") {
  std::promise<void> begin;
  const std::shared_future<void> begun = begin.get_future();
  Check arrived;
  ScriptedServer server([&](ScriptedConnection& client) {
    if (!client.start_tls(certificate()) || accept_web_socket(client).empty()) return;
    begun.wait();
    for (Frame frame; (frame = read_frame(client)).opcode != Opcode::close;) {
      arrived.take(frame.payload);
    }
  });
  OpenWebSocket socket(server);
  const std::size_t heap = heap_in_use();
  std::size_t sent = 0;
  const auto send_some = [&] {
    const std::string bytes = bytes_from(sent, std::min<std::size_t>(kAll - sent, 16 * 1024));
    const ssize_t n = ::send(socket.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n > 0) sent += static_cast<std::size_t>(n);
  };
  while (sent < kAll && is_ready(socket.fd(), POLLOUT, 500ms)) send_some();
  CHECK(sent < kAll);
  check_at_rest(heap);

  begin.set_value();
  while (sent < kAll && is_ready(socket.fd(), POLLOUT, 60s)) send_some();
  CHECK(eventually([&] { return arrived.count == kAll; }, 60s));
  CHECK_FALSE(arrived.wrong);
}

TEST_CASE("WebSocket: where the other side does not read, the server has to wait") {
  std::atomic<std::size_t> written = 0;
  ScriptedServer server([&](ScriptedConnection& client) {
    if (!client.start_tls(certificate()) || accept_web_socket(client).empty()) return;
    constexpr std::size_t kPiece = 16 * 1024;
    while (written < kAll) {
      client.write(to_bytes({Opcode::binary, bytes_from(written, kPiece)}));
      written += kPiece;
    }
    client.wait_for_end();
  });
  OpenWebSocket socket(server);
  // Until nothing more can be written.
  for (std::size_t before = 1; before != written;) {
    before = written;
    std::this_thread::sleep_for(300ms);
  }
  CHECK(written < kAll);
  check_at_rest(heap_in_use());

  Check arrived;
  std::string bytes(64 * 1024, '\0');
  while (arrived.count < kAll && is_ready(socket.fd(), POLLIN, 60s)) {
    const ssize_t n = ::recv(socket.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (n > 0) arrived.take({bytes.data(), static_cast<std::size_t>(n)});
  }
  CHECK(arrived.count == kAll);
  CHECK_FALSE(arrived.wrong);
}

}  // namespace azure::iot::device::test
