#include "transport/tcp_dial.hpp"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace azure::iot::device {
namespace {

bool is_of_ipv6(const std::string& address) { return address.find(':') != std::string::npos; }

using Found = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

// Parses an address into the system's form, without a lookup.
Found parse(const std::string& address, const std::string& port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.c_str(), port.c_str(), &hints, &found) != 0) found = nullptr;
  return {found, &::freeaddrinfo};
}

}  // namespace

std::vector<std::string> dial_order(const std::vector<std::string>& addresses,
                                    const std::string& served_last) {
  std::vector<std::string> order;
  const auto last = std::find(addresses.begin(), addresses.end(), served_last);
  if (last != addresses.end()) order.push_back(*last);
  std::vector<std::string> of_first_family, of_the_other;
  for (auto at = addresses.begin(); at != addresses.end(); ++at) {
    if (at == last) continue;
    const bool alike = is_of_ipv6(*at) == is_of_ipv6(addresses.front());
    (alike ? of_first_family : of_the_other).push_back(*at);
  }
  // After the address of the last connection, the other family is next.
  const bool other_first = last != addresses.end() && is_of_ipv6(*last) == is_of_ipv6(addresses[0]);
  if (other_first) of_first_family.swap(of_the_other);
  for (std::size_t i = 0; i < std::max(of_first_family.size(), of_the_other.size()); ++i) {
    if (i < of_first_family.size()) order.push_back(of_first_family[i]);
    if (i < of_the_other.size()) order.push_back(of_the_other[i]);
  }
  return order;
}

TcpDial::TcpDial(EventLoop& loop, std::vector<std::string> addresses, std::uint16_t port, Done done)
    : loop_(loop),
      addresses_(std::move(addresses)),
      port_(std::to_string(port)),
      done_(std::move(done)) {
  timer_.start(loop_, Duration::zero(), [this] { dial_next(); });
}

TcpDial::~TcpDial() {
  while (!tries_.empty()) drop(tries_.begin());
}

void TcpDial::dial_next() {
  while (next_ < addresses_.size()) {
    const std::size_t index = next_++;
    if (const int error_number = begin(index)) {
      failures_.push_back({index, error_number});
      continue;
    }
    if (next_ < addresses_.size()) timer_.start(loop_, kHeadStart, [this] { dial_next(); });
    return;
  }
  if (tries_.empty()) finish({});
}

// Starts dialling an address. Returns the reason if it cannot be dialled at all, as errno; 0 if it
// is being dialled.
int TcpDial::begin(std::size_t index) {
  const Found address = parse(addresses_[index], port_);
  if (!address) return EADDRNOTAVAIL;
  UniqueFd socket(
      ::socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!socket) return errno;
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.get(), address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS) {
    return errno;
  }
  try {
    loop_.watch(socket.get(), EventLoop::kWritable, [this, index](unsigned) { on_ready(index); });
  } catch (const std::system_error& error) {
    return error.code().value();
  }
  tries_.push_back({index, std::move(socket)});
  return 0;
}

void TcpDial::on_ready(std::size_t index) {
  const auto ready = std::find_if(tries_.begin(), tries_.end(),
                                  [index](const Try& one) { return one.index == index; });
  if (ready == tries_.end()) return;
  int error_number = 0;
  socklen_t size = sizeof error_number;
  if (::getsockopt(ready->socket.get(), SOL_SOCKET, SO_ERROR, &error_number, &size) != 0) {
    error_number = errno;
  }
  if (error_number != 0) {
    failures_.push_back({index, error_number});
    drop(ready);
    return dial_next();
  }
  loop_.unwatch(ready->socket.get());
  UniqueFd socket = std::move(ready->socket);
  tries_.erase(ready);
  finish({std::move(socket), index});
}

// Shuts the connection down, since a forked child may have a copy of the descriptor.
void TcpDial::drop(std::list<Try>::iterator dropped) {
  loop_.unwatch(dropped->socket.get());
  if (!fork_guard_.in_child()) ::shutdown(dropped->socket.get(), SHUT_RDWR);
  tries_.erase(dropped);
}

// Must be the caller's last step: it may destroy the dial.
void TcpDial::finish(Outcome outcome) {
  timer_.cancel();
  while (!tries_.empty()) drop(tries_.begin());
  outcome.failures = std::move(failures_);
  const Done done = std::move(done_);
  done(std::move(outcome));
}

}  // namespace azure::iot::device
