#include "transport/mqtt/open_privately.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pipeline/loop/fork_guard.hpp"
#include "pipeline/loop/unique_fd.hpp"

namespace azure::iot::device {
namespace {

constexpr std::size_t kMost = 2;

// Keep the numbers of what will be opened.
using Places = std::vector<UniqueFd>;

Places reserve(std::size_t count) {
  Places places;
  for (std::size_t i = 0; i < count; ++i) places.emplace_back(::eventfd(0, EFD_CLOEXEC));
  return places;
}

// A message of descriptors, and of the numbers that they had.
struct Parcel {
  std::array<int, kMost> numbers{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMost)> control{};
  iovec content{numbers.data(), sizeof numbers};
  msghdr header{};

  Parcel() {
    header.msg_iov = &content;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  Parcel(const Parcel&) = delete;
  Parcel& operator=(const Parcel&) = delete;

  void send(int socket, std::size_t count) {
    content.iov_len = count * sizeof(int);
    header.msg_controllen = count == 0 ? 0 : CMSG_SPACE(count * sizeof(int));
    if (cmsghdr* const rights = CMSG_FIRSTHDR(&header)) {
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(count * sizeof(int));
      std::memcpy(CMSG_DATA(rights), numbers.data(), count * sizeof(int));
    }
    ::sendmsg(socket, &header, MSG_NOSIGNAL);
  }
  // How many there were; the descriptors are close-on-exec, and fewer if there is no room.
  std::size_t receive(int socket, std::vector<UniqueFd>& descriptors) {
    const ssize_t size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    const cmsghdr* const rights = size > 0 ? CMSG_FIRSTHDR(&header) : nullptr;
    const std::size_t bytes = rights ? rights->cmsg_len - CMSG_LEN(0) : 0;
    for (std::size_t at = 0; at < bytes; at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(rights) + at, sizeof fd);
      descriptors.emplace_back(fd);
    }
    return size > 0 ? static_cast<std::size_t>(size) / sizeof(int) : 0;
  }
};

// From here on this thread has descriptors of its own: copies of those that the process has now.
bool leave_descriptors() {
#ifdef SYS_close_range
  constexpr unsigned kNone = ~0U;  // There is none of this number to be closed.
  constexpr unsigned kUnshare = 2;
  return ::syscall(SYS_close_range, kNone, kNone, kUnshare) == 0;
#else
  return false;
#endif
}

// On a thread of its own. False if nothing was done.
bool open_away(const Places& places, int passage, const std::function<void()>& open) {
  if (!leave_descriptors()) return false;
  // What is opened gets the lowest number that is free, so that none may be but the places.
  const int highest = std::max_element(places.begin(), places.end(), [](auto& one, auto& other) {
                        return one.get() < other.get();
                      })->get();
  int filler = -1;
  do {
    filler = ::eventfd(0, 0);
  } while (filler >= 0 && filler < highest);
  if (filler >= 0) ::close(filler);
  for (const UniqueFd& place : places) ::close(place.get());

  open();

  Parcel parcel;
  std::size_t count = 0;
  for (const UniqueFd& place : places) {
    if (::fcntl(place.get(), F_GETFD) >= 0) parcel.numbers[count++] = place.get();
  }
  parcel.send(passage, count);
  return true;
}

bool is_inherited_stream(int fd) {
  int type = -1;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
         (::fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
}

// The next best: nothing forks meanwhile.
bool open_here(Places places, const std::function<void()>& open) {
  std::vector<int> numbers;
  for (const UniqueFd& place : places) numbers.push_back(place.get());
  places.clear();
  const ForkGuard fork_guard;
  const std::lock_guard lock(ForkGuard::mutex());
  open();
  for (const int fd : numbers) {
    if (fd >= 0 && is_inherited_stream(fd)) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
  return true;
}

// What was opened takes the place that was kept for it.
bool move_in(Places places, int passage) {
  Parcel parcel;
  std::vector<UniqueFd> opened;
  const std::size_t count = parcel.receive(passage, opened);
  for (std::size_t i = 0; i < count; ++i) {
    for (UniqueFd& place : places) {
      if (place.get() != parcel.numbers[i]) continue;
      if (i < opened.size()) ::dup3(opened[i].get(), place.get(), O_CLOEXEC);
      place.release();  // Whoever opened it closes it.
    }
  }
  errno = EMFILE;
  return opened.size() == count;
}

}  // namespace

bool open_privately(std::size_t count, const std::function<void()>& open) {
  Places places = reserve(count);
  int ends[2];
  if (!places.back() || ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return open_here(std::move(places), open);
  }
  const UniqueFd inside(ends[0]), outside(ends[1]);
  bool opened = false;
  try {
    std::thread([&] { opened = open_away(places, outside.get(), open); }).join();
  } catch (const std::system_error&) {  // There are no more threads to be had.
  }
  if (!opened) return open_here(std::move(places), open);
  return move_in(std::move(places), inside.get());
}

}  // namespace azure::iot::device
