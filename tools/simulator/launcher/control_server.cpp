#include "launcher/control_server.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include "launcher/unix_socket.hpp"

namespace azure::iot::device::simulator {

namespace {

constexpr std::size_t kMaxPeers = 256;
constexpr std::size_t kMaxLine = 1 << 20;  // A desired patch or a method body, with room to spare.

bool would_block() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

ControlServer::ControlServer(const std::filesystem::path& path, Handler on_line)
    : listener_(listen_unix(path)), on_line_(std::move(on_line)) {}

void ControlServer::add_to(std::vector<pollfd>& entries) const {
  if (peers_.size() < kMaxPeers) entries.push_back({listener_.get(), POLLIN, 0});
  for (const auto& [number, peer] : peers_) {
    const int events = POLLIN | (peer.to_send.empty() ? 0 : POLLOUT);
    entries.push_back({peer.fd.get(), static_cast<short>(events), 0});
  }
}

void ControlServer::on_ready() {
  accept_peers();
  for (auto& [number, peer] : peers_) read_from(number, peer);
  for (auto& [number, peer] : peers_) write_to(peer);
  std::erase_if(peers_, [](const auto& entry) { return entry.second.ended; });
}

void ControlServer::answer(std::int64_t peer, std::string_view line) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  found->second.to_send.append(line).append("\n");
  write_to(found->second);
}

void ControlServer::accept_peers() {
  while (peers_.size() < kMaxPeers) {
    Fd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) return;
    peers_[next_peer_++].fd = std::move(fd);
  }
}

void ControlServer::read_from(std::int64_t number, Peer& peer) {
  std::array<char, 65536> buffer;
  const auto count = recv(peer.fd.get(), buffer.data(), buffer.size(), 0);
  if (count == 0 || (count < 0 && !would_block())) peer.ended = true;
  if (count <= 0) return;
  peer.received.append(buffer.data(), static_cast<std::size_t>(count));
  std::size_t start = 0;
  for (auto end = peer.received.find('\n'); end != std::string::npos;
       end = peer.received.find('\n', start)) {
    on_line_(number, std::string_view(peer.received).substr(start, end - start));
    start = end + 1;
  }
  peer.received.erase(0, start);
  if (peer.received.size() > kMaxLine) peer.ended = true;
}

void ControlServer::write_to(Peer& peer) {
  while (!peer.to_send.empty()) {
    const auto count = send(peer.fd.get(), peer.to_send.data(), peer.to_send.size(), MSG_NOSIGNAL);
    if (count < 0) {
      if (!would_block()) peer.ended = true;
      return;
    }
    peer.to_send.erase(0, static_cast<std::size_t>(count));
  }
}

}  // namespace azure::iot::device::simulator
