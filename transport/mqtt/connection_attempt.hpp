#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "../../pipeline/error.hpp"
#include "../../pipeline/loop/time.hpp"

namespace azure::iot::device {

// One connect: what it authenticates with, how long it may take in all, and the addresses it has
// yet to try. Each address gets an equal share of the time that is left when its turn comes.
class ConnectionAttempt {
 public:
  ConnectionAttempt(std::optional<std::string> password, SteadyTime deadline);
  ConnectionAttempt(const ConnectionAttempt&) = delete;
  ConnectionAttempt& operator=(const ConnectionAttempt&) = delete;
  ~ConnectionAttempt();  // Wipes the password.

  const char* password() const { return password_ ? password_->c_str() : nullptr; }
  SteadyTime deadline() const { return deadline_; }

  void set_addresses(std::vector<std::string> addresses);
  bool has_next() const { return next_ < addresses_.size(); }
  // The next address; `until` is when to give it up.
  const std::string& next(SteadyTime now, SteadyTime& until);

  // Notes why an address led to nothing. True if the next one may do better: the link was at
  // fault, and neither the credential nor the certificate.
  bool try_next_after(const Error& error);
  // What to report at the end: the last error, with what went wrong before.
  Error summary() const;

 private:
  std::optional<std::string> password_;
  SteadyTime deadline_;
  std::vector<std::string> addresses_;
  std::size_t next_ = 0;
  std::vector<std::string> failures_;
  Error last_error_;
};

}  // namespace azure::iot::device
