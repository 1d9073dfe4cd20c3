#include "transport/resolver.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include "pipeline/loop/escape.hpp"
#include "pipeline/loop/process_wide.hpp"
#include "pipeline/loop/thread.hpp"
#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {
namespace {

constexpr std::size_t kMaxThreads = 8;

// Returns a hint if the name contains parts of a URL, which would be taken for a part of the name.
std::string_view likely_mistake(const std::string& host) {
  if (host.find_first_of("/:@ \t\r\n") == std::string::npos) return {};
  return "; a host name stands alone, without scheme, port, path and blanks";
}

Error lookup_failed(const std::string& host, const std::string& why) {
  return Error(Errc::connection_failed, "the name " + escaped(host, kLongestQuote) +
                                            " could not be resolved: " + why +
                                            std::string(likely_mistake(host)));
}

// Asks the system, which may block for any length of time.
Resolver::Answer look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int result = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (result != 0) {
    return lookup_failed(host,
                         result == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(result));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);

  std::vector<std::string> addresses;
  for (const addrinfo* entry = found; entry; entry = entry->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof text, nullptr, 0,
                      NI_NUMERICHOST) != 0) {
      continue;
    }
    if (std::find(addresses.begin(), addresses.end(), text) == addresses.end()) {
      addresses.emplace_back(text);
    }
  }
  if (addresses.empty()) return lookup_failed(host, "it has no address");
  return addresses;
}

Resolver::Answer look_up_or_fail(const std::string& host) {
  try {
    return look_up(host);
  } catch (const std::bad_alloc&) {
    return Error(Errc::connection_failed, "no memory is left to resolve the name");
  }
}

class SystemResolver final : public Resolver {
 public:
  void resolve(const std::string& host, Done done) override { state_->add(state_, host, done); }

 private:
  // Shared by the resolver and each thread, so that a lookup in which the system never returns is
  // harmless.
  class State {
   public:
    void add(const std::shared_ptr<State>& self, const std::string& host, Done& done) {
      std::unique_lock lock(mutex_);
      auto& waiting = waiting_[host];
      waiting.push_back(std::move(done));
      if (waiting.size() > 1) return;  // A lookup of this name is running; its answer serves both.
      queue_.push_back(host);
      if (threads_ == kMaxThreads) return;
      ++threads_;
      lock.unlock();
      try {
        start_thread("azure-iot-dns", [self] { self->work(); }).detach();
      } catch (const std::exception& error) {
        no_thread(words_of(error));
      }
    }

   private:
    void work() {
      for (std::unique_lock lock(mutex_);;) {
        if (queue_.empty()) {
          --threads_;
          return;
        }
        const std::string host = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        contain("a name lookup", [&] { answer(host, look_up_or_fail(host)); });
        lock.lock();
      }
    }

    void answer(const std::string& host, const Answer& result) {
      std::vector<Done> waiting;
      {
        const std::lock_guard lock(mutex_);
        waiting = std::move(waiting_.extract(host).mapped());
      }
      for (const Done& done : waiting)
        contain("the answer to a name lookup", [&] { done(result); });
    }

    // Fails the names that no thread has taken up. Running threads would reach them, but possibly
    // much later. The client reconnects as after any other failure.
    void no_thread(const std::string& why) {
      std::deque<std::string> hosts;
      {
        const std::lock_guard lock(mutex_);
        --threads_;
        hosts.swap(queue_);
      }
      for (const std::string& host : hosts) answer(host, lookup_failed(host, why));
    }

    std::mutex mutex_;
    std::map<std::string, std::vector<Done>> waiting_;  // By name.
    std::deque<std::string> queue_;                     // Names that no thread has taken up.
    std::size_t threads_ = 0;
  };

  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace

std::shared_ptr<Resolver> Resolver::system() {
  struct System {
    const std::shared_ptr<Resolver> resolver = std::make_shared<SystemResolver>();
  };
  return process_wide<System>().resolver;
}

bool is_ip_address(const std::string& host) {
  in6_addr address;
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

}  // namespace azure::iot::device
