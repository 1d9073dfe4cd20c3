#include "transport/mqtt/open_privately.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pipeline/loop/fork_guard.hpp"
#include "pipeline/loop/thread.hpp"
#include "pipeline/loop/unique_fd.hpp"

namespace azure::iot::device {
namespace {

constexpr std::size_t kMost = 2;

// Placeholders that reserve the numbers of the sockets to be opened.
using Places = std::vector<UniqueFd>;

Places reserve(std::size_t count) {
  Places places;
  for (std::size_t i = 0; i < count; ++i) places.emplace_back(::eventfd(0, EFD_CLOEXEC));
  return places;
}

// A message that carries only descriptors.
class Parcel {
 public:
  Parcel() {
    header_.msg_iov = &content_;
    header_.msg_iovlen = 1;
    header_.msg_control = control_.data();
  }
  Parcel(const Parcel&) = delete;
  Parcel& operator=(const Parcel&) = delete;

  void send(int socket, const std::vector<int>& numbers) {
    const std::size_t size = numbers.size() * sizeof(int);
    header_.msg_controllen = CMSG_SPACE(size);
    cmsghdr* const rights = CMSG_FIRSTHDR(&header_);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(rights), numbers.data(), size);
    ::sendmsg(socket, &header_, MSG_NOSIGNAL);
  }
  // Returns the descriptors received, close-on-exec. They are fewer, or none, if the process has no
  // room for more.
  std::vector<UniqueFd> receive(int socket) {
    header_.msg_controllen = control_.size();
    std::vector<UniqueFd> descriptors;
    if (::recvmsg(socket, &header_, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) <= 0) return descriptors;
    const cmsghdr* const rights = CMSG_FIRSTHDR(&header_);
    const std::size_t size = rights ? rights->cmsg_len - CMSG_LEN(0) : 0;
    for (std::size_t at = 0; at < size; at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(rights) + at, sizeof fd);
      descriptors.emplace_back(fd);
    }
    return descriptors;
  }

 private:
  char byte_ = 0;  // A message needs at least one byte.
  iovec content_{&byte_, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * kMost)> control_{};
  msghdr header_{};
};

// A fork during `open` would leave the child with locked mutexes that are never unlocked.
void open_unforked(const std::function<void()>& open) {
  const ForkGuard fork_guard;
  const std::lock_guard lock(ForkGuard::mutex());
  open();
}

// Gives this thread a descriptor table of its own, a copy of the process's.
bool leave_descriptors() {
#ifdef SYS_close_range
  constexpr unsigned kNone = ~0U;  // A range beyond every descriptor: nothing is closed.
  constexpr unsigned kUnshare = 2;
  return ::syscall(SYS_close_range, kNone, kNone, kUnshare) == 0;
#else
  return false;
#endif
}

// Returns the numbers of the sockets opened, or nothing if the descriptor table cannot be
// separated. Runs on a thread of its own.
std::optional<std::vector<int>> open_away(const Places& places, int passage,
                                          const std::function<void()>& open) {
  if (!leave_descriptors()) return std::nullopt;
  // A new descriptor gets the lowest free number, so only the reserved numbers may be free.
  const int highest = std::max_element(places.begin(), places.end(), [](auto& one, auto& other) {
                        return one.get() < other.get();
                      })->get();
  int filler = -1;
  do {
    filler = ::eventfd(0, 0);
  } while (filler >= 0 && filler < highest);
  if (filler >= 0) ::close(filler);
  for (const UniqueFd& place : places) ::close(place.get());

  open_unforked(open);
  std::vector<int> opened;
  for (const UniqueFd& place : places) {
    if (::fcntl(place.get(), F_GETFD) >= 0) opened.push_back(place.get());
  }
  if (!opened.empty()) Parcel().send(passage, opened);
  return opened;
}

bool is_inherited_stream(int fd) {
  int type = -1;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM &&
         (::fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
}

// The fallback. At least no fork happens meanwhile.
void open_here(Places places, const std::function<void()>& open) {
  std::vector<int> numbers;
  for (const UniqueFd& place : places) numbers.push_back(place.get());
  places.clear();
  open_unforked(open);
  for (const int fd : numbers) {
    if (fd >= 0 && is_inherited_stream(fd)) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

// Moves the received sockets to their reserved numbers.
bool move_in(Places places, const std::vector<int>& numbers, int passage) {
  if (numbers.empty()) return true;
  const std::vector<UniqueFd> opened = Parcel().receive(passage);
  bool complete = opened.size() == numbers.size();
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i < opened.size()) {
      complete = ::dup3(opened[i].get(), numbers[i], O_CLOEXEC) >= 0 && complete;
    }
    // The code that `open` called owns these descriptors and closes them.
    for (UniqueFd& place : places) {
      if (place.get() == numbers[i]) place.release();
    }
  }
  return complete;
}

}  // namespace

bool open_privately(std::size_t count, const std::function<void()>& open) {
  assert(count > 0 && count <= kMost);
  Places places = reserve(count);
  int ends[2];
  if (!places.back() || ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    open_here(std::move(places), open);
    return true;
  }
  const UniqueFd inside(ends[0]), outside(ends[1]);
  std::optional<std::vector<int>> opened;
  try {
    start_thread("azure-iot-open", [&] { opened = open_away(places, outside.get(), open); }).join();
  } catch (const std::system_error&) {  // No more threads are available.
  }
  if (opened) return move_in(std::move(places), *opened, inside.get());
  open_here(std::move(places), open);
  return true;
}

}  // namespace azure::iot::device
