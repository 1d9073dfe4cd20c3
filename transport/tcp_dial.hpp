#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "../pipeline/loop/event_loop.hpp"
#include "../pipeline/loop/fork_guard.hpp"
#include "../pipeline/loop/timer.hpp"
#include "../pipeline/loop/unique_fd.hpp"

namespace azure::iot::device {

// The order in which addresses of a host are dialled (RFC 8305 section 4): families in turn, that
// of the first address first. The address that served last, if it is among them, comes before all.
std::vector<std::string> dial_order(const std::vector<std::string>& addresses,
                                    const std::string& served_last = {});

// Makes a TCP connection to the first of several addresses that answers (RFC 8305 section 5). The
// next address is dialled as soon as one fails, and after `kHeadStart` beside those that are
// silent. Sockets are close-on-exec and do not block. No deadline: that is the owner's. Loop's
// thread only.
class TcpDial {
 public:
  static constexpr std::chrono::milliseconds kHeadStart{250};

  struct Failure {
    std::size_t index;  // Among the addresses.
    int error_number;
  };
  struct Outcome {
    UniqueFd socket;  // None if every address failed.
    std::size_t index = 0;
    std::vector<Failure> failures = {};  // Up to now, in the order in which they came.
  };
  // Told once, from another piece of work. May destroy the dial.
  using Done = std::function<void(Outcome)>;

  // Addresses as a Resolver gives them.
  TcpDial(EventLoop& loop, std::vector<std::string> addresses, std::uint16_t port, Done done);
  TcpDial(const TcpDial&) = delete;
  TcpDial& operator=(const TcpDial&) = delete;
  ~TcpDial();

 private:
  struct Try {
    std::size_t index;
    UniqueFd socket;
  };
  void dial_next();
  int begin(std::size_t index);
  void on_ready(std::size_t index);
  void drop(std::list<Try>::iterator dropped);
  void finish(Outcome outcome);

  EventLoop& loop_;
  const std::vector<std::string> addresses_;
  const std::string port_;
  Done done_;
  std::size_t next_ = 0;
  std::list<Try> tries_;  // Dialled and not answered yet.
  std::vector<Failure> failures_;
  Timer timer_;
  ForkGuard fork_guard_;
};

}  // namespace azure::iot::device
