#include "transport/mqtt/private_listener.hpp"

#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace azure::iot::device {
namespace {

// Where temporary files go, unless the path would be too long for a socket's.
std::string folder_template() {
  constexpr std::string_view kName = "/azure-iot-XXXXXX";
  const char* const chosen = std::getenv("TMPDIR");
  std::string folder = chosen && *chosen ? chosen : "/tmp";
  if (folder.size() + kName.size() + 8 > sizeof(sockaddr_un::sun_path)) folder = "/tmp";
  return folder.append(kName);
}

}  // namespace

PrivateListener::PrivateListener() {
  std::string folder = folder_template();
  if (!::mkdtemp(folder.data())) return;  // Of mode 0700.
  folder_ = folder;
  const std::string path = folder + "/mqtt";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  socket_ = UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) return;
  if (::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return;
  }
  path_ = path;
  if (::listen(socket_.get(), 1) != 0) {
    ::unlink(path.c_str());
    path_.clear();
  }
}

PrivateListener::~PrivateListener() {
  if (!path_.empty()) ::unlink(path_.c_str());
  if (!folder_.empty()) ::rmdir(folder_.c_str());
}

UniqueFd PrivateListener::accept() const {
  UniqueFd other(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!other) return other;
  ucred peer{};
  socklen_t size = sizeof peer;
  const bool known = ::getsockopt(other.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
                     peer.pid == ::getpid();
  if (!known) other.reset();
  return other;
}

}  // namespace azure::iot::device
