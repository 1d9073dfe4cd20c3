#pragma once

#include <cstdint>
#include <string>

#include "../../pipeline/loop/unique_fd.hpp"

namespace azure::iot::device {

// A socket to which libmosquitto connects, the only way of its to a connection that somebody else
// made. It is a Unix socket in a folder that only this user can enter: in the runtime folder of the
// user ($XDG_RUNTIME_DIR), in that of the system, in shared memory, or where temporary files go,
// whichever can be written to first. Without any of them it is a port of the loopback interface.
// It goes with it when this goes.
class PrivateListener {
 public:
  PrivateListener();
  PrivateListener(const PrivateListener&) = delete;
  PrivateListener& operator=(const PrivateListener&) = delete;
  ~PrivateListener();

  // Of the Unix socket; empty if there is none.
  const std::string& path() const { return path_; }
  // The address and port to connect to; the address is empty if no socket could be made at all.
  // Port 0 says that the address is a path.
  const std::string& address() const { return path_.empty() ? loopback_ : path_; }
  std::uint16_t port() const { return port_; }
  // The reason if there is no address, as errno.
  int error_number() const { return error_number_; }

  // The other end of `client`, a socket of this process that has connected, or is about to if this
  // is a port. Others that have connected are hung up on. None, with errno set, if it is not there.
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
