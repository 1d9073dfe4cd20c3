#pragma once

#include <cstddef>
#include <mutex>
#include <optional>

#include <sys/types.h>

namespace azure::iot::device::test {

// How a connection ends, or seems to continue.
enum class Cut {
  rst,
  fin,
  silence,  // It stays open, and nothing arrives any more.
};

// The server's end of a TCP connection. It can fail on request after that many bytes, wherever they
// fall. Calls block; one thread, except for `interrupt`.
class Wire {
 public:
  explicit Wire(int fd) : fd_(fd) {}
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // Reading and writing ends once that many more bytes have passed.
  void cut_after_sending(std::size_t bytes, Cut how) { sending_ = {bytes, how}; }
  void cut_after_receiving(std::size_t bytes, Cut how) { receiving_ = {bytes, how}; }

  // As read(2) and send(2): 0 or less once the connection has ended.
  ssize_t read(void* bytes, std::size_t size);
  ssize_t write(const void* bytes, std::size_t size);
  int fd() const { return fd_; }
  std::size_t bytes_read() const { return bytes_read_; }
  std::size_t bytes_written() const { return bytes_written_; }

  // Ends it in this way. After FIN and silence waits until the client ends it too.
  void cut(Cut how);
  // From now on bytes from the client are lost in transit, as if the cable were cut: the system
  // does not even acknowledge them, and its own packets are lost too.
  void drop_packets();
  void close();
  // Interrupts blocking calls. Any thread.
  void interrupt();

 private:
  struct Limit {
    std::size_t bytes;
    Cut how;
  };
  static std::size_t allowed(const std::optional<Limit>& limit, std::size_t size);
  bool is_over(std::optional<Limit>& limit);
  void wait_without_reading();
  void read_to_the_end();

  std::mutex mutex_;  // Of the descriptor's end.
  int fd_;
  std::optional<Limit> sending_;
  std::optional<Limit> receiving_;
  std::size_t bytes_read_ = 0;
  std::size_t bytes_written_ = 0;
};

// Lets the system drop packets for this socket before TCP sees them: SYNs of a listening socket,
// all segments of a connection. Needs no privilege.
void drop_what_comes_for(int fd);
void let_through_what_comes_for(int fd);

}  // namespace azure::iot::device::test
