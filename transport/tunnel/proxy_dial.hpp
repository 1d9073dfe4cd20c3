#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../../pipeline/loop/event_loop.hpp"
#include "../../pipeline/loop/unique_fd.hpp"
#include "../../pipeline/result.hpp"
#include "route.hpp"

namespace azure::iot::device {

// Makes a TCP connection to the server of a route, through its proxy if it has one. libcurl speaks
// to the proxy, in the loop; it is given addresses and resolves nothing. Once this is gone nothing
// is told any more. Loop's thread only.
class ProxyDial {
 public:
  // The connection, or why there is none.
  using Done = std::function<void(Result<UniqueFd>)>;
  // Of the first hop; and of the server, where the route wants it and it is known.
  struct Addresses {
    std::vector<std::string> first_hop;
    std::vector<std::string> server = {};
  };

  // `done` is called from another piece of work, never from here.
  ProxyDial(EventLoop& loop, const Route& route, const Addresses& addresses, Done done);
  ProxyDial(const ProxyDial&) = delete;
  ProxyDial& operator=(const ProxyDial&) = delete;
  ~ProxyDial();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace azure::iot::device
