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

// Asks a proxy, over an existing TCP connection, for a connection to the server of a route. libcurl
// speaks to the proxy on the loop. It neither dials nor resolves, and the bytes that it reads are
// bounded. After destruction nothing is reported. Loop's thread only.
class ProxyDial {
 public:
  // The connection, which now leads to the server, or the reason why there is none.
  using Done = std::function<void(Result<UniqueFd>)>;

  // `server_addresses` are used if the route requires them and they are known. `done` is called
  // from a separate piece of work, never from inside the constructor.
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
