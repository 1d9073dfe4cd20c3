#pragma once

#include <string>

#include "../../pipeline/loop/unique_fd.hpp"

namespace azure::iot::device {

// A Unix socket to which libmosquitto connects, the only way of its to a connection that somebody
// else made. It lies in a folder that only this user can enter, and goes with it when this goes.
class PrivateListener {
 public:
  PrivateListener();
  PrivateListener(const PrivateListener&) = delete;
  PrivateListener& operator=(const PrivateListener&) = delete;
  ~PrivateListener();

  // Empty if none could be made; errno says why.
  const std::string& path() const { return path_; }
  // The other end of what has connected, if that was this very process. Does not wait.
  UniqueFd accept() const;

 private:
  std::string folder_;
  std::string path_;
  UniqueFd socket_;
};

}  // namespace azure::iot::device
