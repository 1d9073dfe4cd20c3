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

// Has a proxy, to which there is a TCP connection, make one to the server of a route. libcurl
// speaks to the proxy, in the loop; it dials and resolves nothing, and what it reads is bounded.
// Once this is gone nothing is told any more. Loop's thread only.
class ProxyDial {
 public:
  // The connection, which leads to the server now, or why it does not.
  using Done = std::function<void(Result<UniqueFd>)>;

  // Addresses of the server, where the route wants them and they are known. `done` is called from
  // another piece of work, never from here.
  ProxyDial(EventLoop& loop, const Route& route, UniqueFd connection,
            const std::vector<std::string>& server_addresses, Done done);
  ProxyDial(const ProxyDial&) = delete;
  ProxyDial& operator=(const ProxyDial&) = delete;
  ~ProxyDial();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace azure::iot::device
