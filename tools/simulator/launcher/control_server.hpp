// The private socket of a running simulator: one JSON request a line, one JSON answer a line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <poll.h>

#include "common/files.hpp"

namespace azure::iot::device::simulator {

class ControlServer {
 public:
  using Handler = std::function<void(std::int64_t peer, std::string_view line)>;

  ControlServer(const std::filesystem::path& path, Handler on_line);

  // Descriptors to wait for; afterwards `on_ready` looks at all of them.
  void add_to(std::vector<pollfd>& entries) const;
  void on_ready();

  // Ignored if that peer has disconnected.
  void answer(std::int64_t peer, std::string_view line);

 private:
  struct Peer {
    Fd fd;
    std::string received;
    std::string to_send;
    bool ended = false;
  };

  void accept_peers();
  void read_from(std::int64_t number, Peer& peer);
  void write_to(Peer& peer);

  Fd listener_;
  Handler on_line_;
  std::map<std::int64_t, Peer> peers_;
  std::int64_t next_peer_ = 1;
};

}  // namespace azure::iot::device::simulator
