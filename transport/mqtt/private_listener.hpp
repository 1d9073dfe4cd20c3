#pragma once

#include <cstdint>
#include <string>

#include "../../pipeline/loop/unique_fd.hpp"

namespace azure::iot::device {

// A private socket for handing an existing connection to libmosquitto, which can only connect. It
// is a Unix socket in a directory that only this user can enter. The directory is created in the
// first writable place of these: the user's runtime directory ($XDG_RUNTIME_DIR), the system's
// runtime directory, shared memory, the directory for temporary files. If none is writable, it is a
// port of the loopback interface. Destruction removes the socket and its directory.
class PrivateListener {
 public:
  PrivateListener();
  PrivateListener(const PrivateListener&) = delete;
  PrivateListener& operator=(const PrivateListener&) = delete;
  ~PrivateListener();

  // The path of the Unix socket; empty if there is none.
  const std::string& path() const { return path_; }
  // The address and port to connect to. The address is empty if no socket could be created. Port 0
  // means that the address is a path.
  const std::string& address() const { return path_.empty() ? loopback_ : path_; }
  std::uint16_t port() const { return port_; }
  // The reason why there is no address, as errno.
  int error_number() const { return error_number_; }

  // Accepts the other end of `client`, a socket of this process. It is connected already, or is
  // about to be if this listens on a port. Other peers are disconnected. Returns none, with errno
  // set, if the connection is not there.
  UniqueFd accept(int client = -1) const;

 private:
  bool listen_in(const std::string& parent);
  bool listen_on_loopback();

  std::string folder_;
  std::string path_;
  std::string loopback_;
  std::uint16_t port_ = 0;
  int error_number_ = 0;
  UniqueFd socket_;
};

}  // namespace azure::iot::device
