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

// Returns the order in which to dial the addresses of a host (RFC 8305 section 4). Address families
// alternate, beginning with the family of the first address. If the address of the last successful
// connection is in the list, it comes first.
std::vector<std::string> dial_order(const std::vector<std::string>& addresses,
                                    const std::string& served_last = {});

// Makes a TCP connection to the first of several addresses that answers (RFC 8305 section 5). When
// an address fails, the next one is dialled at once. While an address is silent, the next one is
// dialled beside it after `kHeadStart`. Sockets are close-on-exec and do not block. The owner sets
// the deadline. Loop's thread only.
class TcpDial {
 public:
  static constexpr std::chrono::milliseconds kHeadStart{250};

  struct Failure {
    std::size_t index;  // In the list of addresses.
    int error_number;
  };
  struct Outcome {
    UniqueFd socket;  // None if every address failed.
    std::size_t index = 0;
    std::vector<Failure> failures = {};  // Failures so far, in the order in which they happened.
  };
  // Called once, from a separate piece of work. May destroy the dial.
  using Done = std::function<void(Outcome)>;

  // Addresses as a Resolver returns them.
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
