#include "tools/conformance/wire/hub_connection.hpp"

#include <utility>

#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace azure::iot::device::conformance::wire {

FakeHub::Connection::Connection(test::ScriptedConnection& client, std::unique_ptr<HubStream> stream,
                                int number)
    : client_(client),
      stream_(std::move(stream)),
      number_(number),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void FakeHub::Connection::run(const std::function<void(const std::string& packet)>& handle) {
  while (!ended_) {
    write_left();
    waiting_ = true;
    const bool readable = stream_->wait_to_read(wake_.get());
    waiting_ = false;
    if (!readable) continue;
    const std::string packet = stream_->read_packet();
    if (packet.empty()) return;
    handle(packet);
  }
  write_left();
}

void FakeHub::Connection::write_left() {
  std::uint64_t unused = 0;
  [[maybe_unused]] const auto got = ::read(wake_.get(), &unused, sizeof unused);
  std::deque<std::string> left;
  {
    const std::lock_guard lock(mutex_);
    left.swap(to_write_);
  }
  for (const std::string& bytes : left) stream_->write(bytes);
}

void FakeHub::Connection::write(std::string bytes) {
  const std::lock_guard lock(mutex_);
  to_write_.push_back(std::move(bytes));
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void FakeHub::Connection::publish(const HubMessage& message) {
  std::uint16_t mid = 0;
  if (message.qos > 0) {
    const std::lock_guard lock(mutex_);
    mid = ++last_mid_;
  }
  write(publish_packet(message, mid));
}

void FakeHub::Connection::drop() {
  const std::lock_guard lock(mutex_);
  if (!gone_) client_.interrupt();
}

bool FakeHub::Connection::idle() {
  const std::lock_guard lock(mutex_);
  if (gone_) return true;
  int unread = 0;
  ::ioctl(client_.wire().fd(), FIONREAD, &unread);
  return unread == 0 && waiting_;
}

void FakeHub::Connection::forget() {
  const std::lock_guard lock(mutex_);
  gone_ = true;
}

}  // namespace azure::iot::device::conformance::wire
