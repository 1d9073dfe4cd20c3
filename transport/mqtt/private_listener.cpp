#include "transport/mqtt/private_listener.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace azure::iot::device {
namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

// Directories for the socket, best first.
std::vector<std::string> candidates() {
  return {variable("XDG_RUNTIME_DIR"),
          "/run/user/" + std::to_string(::geteuid()),
          "/run",
          "/dev/shm",
          variable("TMPDIR"),
          "/tmp"};
}

sockaddr_in name_of(int fd, int (*get)(int, sockaddr*, socklen_t*)) {
  sockaddr_in name{};
  socklen_t size = sizeof name;
  if (get(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) name = {};
  return name;
}

// Whether these are the two ends of one connection.
bool is_connected_to(int accepted, int client) {
  const sockaddr_in peer = name_of(accepted, ::getpeername);
  const sockaddr_in own = name_of(client, ::getsockname);
  return peer.sin_family == AF_INET && own.sin_family == AF_INET && peer.sin_port == own.sin_port &&
         peer.sin_addr.s_addr == own.sin_addr.s_addr;
}

bool is_of_this_process(int accepted) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(accepted, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.pid == ::getpid();
}

}  // namespace

PrivateListener::PrivateListener() {
  for (const std::string& parent : candidates()) {
    if (!parent.empty() && listen_in(parent)) return;
  }
  if (!listen_on_loopback()) error_number_ = errno;
}

bool PrivateListener::listen_in(const std::string& parent) {
  constexpr std::string_view kName = "/azure-iot-XXXXXX";
  constexpr std::string_view kSocket = "/mqtt";
  if (parent.size() + kName.size() + kSocket.size() >= sizeof(sockaddr_un::sun_path)) return false;
  std::string folder = parent;
  folder += kName;
  if (!::mkdtemp(folder.data())) return false;  // With mode 0700.
  folder_ = folder;
  const std::string path = folder.append(kSocket);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  socket_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* const raw = reinterpret_cast<const sockaddr*>(&address);
  const bool bound = socket_ && ::bind(socket_.get(), raw, sizeof address) == 0;
  if (bound && ::listen(socket_.get(), 1) == 0) {
    path_ = path;
    return true;
  }
  if (bound) ::unlink(path.c_str());
  ::rmdir(folder_.c_str());
  folder_.clear();
  return false;
}

bool PrivateListener::listen_on_loopback() {
  socket_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* const raw = reinterpret_cast<const sockaddr*>(&address);
  if (!socket_ || ::bind(socket_.get(), raw, sizeof address) != 0 ||
      ::listen(socket_.get(), 8) != 0) {
    return false;
  }
  port_ = ntohs(name_of(socket_.get(), ::getsockname).sin_port);
  loopback_ = "127.0.0.1";
  return true;
}

PrivateListener::~PrivateListener() {
  if (!path_.empty()) ::unlink(path_.c_str());
  if (!folder_.empty()) ::rmdir(folder_.c_str());
}

UniqueFd PrivateListener::accept(int client) const {
  // A Unix socket is connected at once, a port almost at once.
  constexpr int kPatienceMs = 100;
  for (;;) {
    UniqueFd other(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (other) {
      if (port_ == 0 ? is_of_this_process(other.get()) : is_connected_to(other.get(), client)) {
        return other;
      }
      continue;  // Another peer.
    }
    pollfd waiting{socket_.get(), POLLIN, 0};
    if (errno != EAGAIN || port_ == 0 || ::poll(&waiting, 1, kPatienceMs) <= 0) return other;
  }
}

}  // namespace azure::iot::device
