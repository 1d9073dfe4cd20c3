#include "transport/mqtt/connection_attempt.hpp"

#include <algorithm>
#include <cassert>
#include <functional>
#include <utility>

#include "pipeline/auth/wipe.hpp"

namespace azure::iot::device {
namespace {

bool link_at_fault(const Error& error) {
  return error.code() == Errc::connection_failed || error.code() == Errc::connection_dropped;
}

}  // namespace

ConnectionAttempt::ConnectionAttempt(std::optional<std::string> password, SteadyTime deadline)
    : password_(std::move(password)), deadline_(deadline) {}

ConnectionAttempt::~ConnectionAttempt() {
  if (password_) wipe(*password_);
}

void ConnectionAttempt::remove(std::vector<std::size_t> places) {
  std::sort(places.begin(), places.end(), std::greater<>());
  for (const std::size_t place : places) {
    assert(place < left_.size());
    left_.erase(left_.begin() + static_cast<std::ptrdiff_t>(place));
  }
}

SteadyTime ConnectionAttempt::end_of_share(SteadyTime now) const {
  const auto shares = static_cast<Duration::rep>(left_.size() + 1);
  return deadline_ == kNever ? kNever : now + (deadline_ - now) / shares;
}

bool ConnectionAttempt::try_next_after(const Error& error) {
  last_error_ = error;
  if (!link_at_fault(error)) return false;
  failures_.push_back(error.detail());
  return has_next();
}

Error ConnectionAttempt::summary() const {
  if (!link_at_fault(last_error_) || failures_.size() < 2) return last_error_;
  std::string all;
  for (const std::string& failure : failures_) {
    if (!all.empty()) all += "; ";
    all += failure;
  }
  return Error(last_error_.code(), std::move(all));
}

}  // namespace azure::iot::device
