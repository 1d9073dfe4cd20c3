#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "../../pipeline/error.hpp"
#include "../../pipeline/loop/time.hpp"

namespace azure::iot::device {

// One connect: its credential, its deadline, and the addresses that are still to be tried. An
// address that has accepted the TCP connection gets an equal share of the remaining time.
class ConnectionAttempt {
 public:
  ConnectionAttempt(std::optional<std::string> password, SteadyTime deadline);
  ConnectionAttempt(const ConnectionAttempt&) = delete;
  ConnectionAttempt& operator=(const ConnectionAttempt&) = delete;
  ~ConnectionAttempt();  // Wipes the password.

  const char* password() const { return password_ ? password_->c_str() : nullptr; }
  SteadyTime deadline() const { return deadline_; }

  // Sets the addresses to try, best first.
  void set_addresses(std::vector<std::string> addresses) { left_ = std::move(addresses); }
  const std::vector<std::string>& left() const { return left_; }
  bool has_next() const { return !left_.empty(); }
  // Removes the addresses that have been tried, by their places in `left`.
  void remove(std::vector<std::size_t> places);
  // When to give up the address that has just been removed from `left`.
  SteadyTime end_of_share(SteadyTime now) const;

  // Records the failure of an address. Returns true if the next address may succeed: the link was
  // at fault, and neither the credential nor the certificate.
  bool try_next_after(const Error& error);
  // The error to report at the end: the last one, with the failures before it.
  Error summary() const;

 private:
  std::optional<std::string> password_;
  SteadyTime deadline_;
  std::vector<std::string> left_;
  std::vector<std::string> failures_;
  Error last_error_;
};

}  // namespace azure::iot::device
