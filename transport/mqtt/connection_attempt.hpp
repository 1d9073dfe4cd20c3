#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "../../pipeline/error.hpp"
#include "../../pipeline/loop/time.hpp"

namespace azure::iot::device {

// One connect: what it authenticates with, how long it may take in all, and the addresses it has
// yet to try. An address that has taken the TCP connection gets an equal share of the time that is
// left then.
class ConnectionAttempt {
 public:
  ConnectionAttempt(std::optional<std::string> password, SteadyTime deadline);
  ConnectionAttempt(const ConnectionAttempt&) = delete;
  ConnectionAttempt& operator=(const ConnectionAttempt&) = delete;
  ~ConnectionAttempt();  // Wipes the password.

  const char* password() const { return password_ ? password_->c_str() : nullptr; }
  SteadyTime deadline() const { return deadline_; }

  // Those to try, best first.
  void set_addresses(std::vector<std::string> addresses) { left_ = std::move(addresses); }
  const std::vector<std::string>& left() const { return left_; }
  bool has_next() const { return !left_.empty(); }
  // Those at these places among the ones left have been tried.
  void remove(std::vector<std::size_t> places);
  // When to give up an address that is not left any more, but was taken just now.
  SteadyTime end_of_share(SteadyTime now) const;

  // Notes why an address led to nothing. True if the next one may do better: the link was at
  // fault, and neither the credential nor the certificate.
  bool try_next_after(const Error& error);
  // What to report at the end: the last error, with what went wrong before.
  Error summary() const;

 private:
  std::optional<std::string> password_;
  SteadyTime deadline_;
  std::vector<std::string> left_;
  std::vector<std::string> failures_;
  Error last_error_;
};

}  // namespace azure::iot::device
