#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace azure::iot::device::test {

// A descriptor that is closed by its owner's destructor.
class Socket {
 public:
  // `flags` are added to SOCK_CLOEXEC.
  explicit Socket(int flags = 0);
  Socket(Socket&& other) noexcept;
  ~Socket();
  int fd() const { return fd_; }
  // Binds to a free port of 127.0.0.1 and returns its number.
  std::uint16_t bind() const;

 private:
  int fd_;
};

// A port that refuses connections: it is bound but does not listen.
class ClosedPort {
 public:
  std::uint16_t number() const { return number_; }

 private:
  Socket socket_;
  std::uint16_t number_ = socket_.bind();
};

// A port whose queue is full: a dial gets no answer at all.
class FullPort {
 public:
  FullPort();
  std::uint16_t number() const { return number_; }

 private:
  Socket socket_;
  std::uint16_t number_ = socket_.bind();
  std::vector<Socket> queued_;
};

// A port that accepts every connection and never sends anything.
class SilentPort {
 public:
  SilentPort();
  ~SilentPort();
  std::uint16_t number() const { return number_; }

 private:
  void serve();

  Socket socket_;
  std::uint16_t number_ = socket_.bind();
  std::atomic<int> client_ = -1;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace azure::iot::device::test
