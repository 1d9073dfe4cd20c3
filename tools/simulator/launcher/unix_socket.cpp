#include "launcher/unix_socket.hpp"

#include <cerrno>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace azure::iot::device::simulator {

namespace {

std::optional<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof address.sun_path) return std::nullopt;
  text.copy(address.sun_path, text.size());
  return address;
}

Fd make_socket(int flags) {
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
  if (!fd) throw std::system_error(errno, std::generic_category(), "cannot make a socket");
  return fd;
}

}  // namespace

Fd listen_unix(const std::filesystem::path& path) {
  const auto address = address_of(path);
  if (!address) {
    throw std::invalid_argument("the path " + path.string() +
                                " is too long for a socket (107 bytes): choose a shorter --dir");
  }
  std::filesystem::remove(
      path);  // Left by a run that was killed; ours, since the folder is locked.
  Fd fd = make_socket(SOCK_NONBLOCK);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
      listen(fd.get(), 64) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot listen at " + path.string());
  }
  return fd;
}

Fd connect_unix(const std::filesystem::path& path) {
  const auto address = address_of(path);
  if (!address) return {};
  Fd fd = make_socket(0);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
    return {};
  return fd;
}

}  // namespace azure::iot::device::simulator
