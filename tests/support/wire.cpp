#include "tests/support/wire.hpp"

#include <algorithm>
#include <stdexcept>

#include <linux/filter.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace azure::iot::device::test {

Wire::~Wire() { close(); }

std::size_t Wire::allowed(const std::optional<Limit>& limit, std::size_t size) {
  return limit ? std::min(limit->bytes, size) : size;
}

bool Wire::is_over(std::optional<Limit>& limit) {
  if (!limit || limit->bytes > 0) return false;
  cut(limit->how);
  return true;
}

ssize_t Wire::read(void* bytes, std::size_t size) {
  if (fd_ < 0 || is_over(receiving_)) return 0;
  const ssize_t got = ::read(fd_, bytes, allowed(receiving_, size));
  if (got <= 0) return got;
  bytes_read_ += static_cast<std::size_t>(got);
  if (receiving_) receiving_->bytes -= static_cast<std::size_t>(got);
  if (is_over(receiving_)) return 0;
  return got;
}

ssize_t Wire::write(const void* bytes, std::size_t size) {
  if (fd_ < 0 || is_over(sending_)) return -1;
  const ssize_t sent = ::send(fd_, bytes, allowed(sending_, size), MSG_NOSIGNAL);
  if (sent <= 0) return -1;
  bytes_written_ += static_cast<std::size_t>(sent);
  if (sending_) sending_->bytes -= static_cast<std::size_t>(sent);
  if (is_over(sending_)) return -1;
  return sent;
}

void Wire::cut(Cut how) {
  if (fd_ < 0) return;
  switch (how) {
    case Cut::rst: {
      const linger at_once{1, 0};
      ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      break;
    }
    case Cut::fin:
      // Closing with unread bytes would send a reset.
      ::shutdown(fd_, SHUT_WR);
      read_to_the_end();
      break;
    case Cut::silence: wait_without_reading(); break;
  }
  close();
}

void Wire::read_to_the_end() {
  char thrown_away[4096];
  while (::read(fd_, thrown_away, sizeof thrown_away) > 0) {
  }
}

void Wire::wait_without_reading() {
  pollfd ended{fd_, POLLRDHUP, 0};
  ::poll(&ended, 1, -1);
}

void Wire::drop_packets() {
  if (fd_ >= 0) drop_what_comes_for(fd_);
}

void Wire::close() {
  const std::lock_guard lock(mutex_);
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Wire::interrupt() {
  const std::lock_guard lock(mutex_);
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
}

void drop_what_comes_for(int fd) {
  sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{1, &nothing};
  if (::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
    throw std::runtime_error("the system does not let the test drop packets");
  }
}

void let_through_what_comes_for(int fd) {
  const int unused = 0;
  ::setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused);
}

}  // namespace azure::iot::device::test
