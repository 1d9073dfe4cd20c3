#include "transport/tunnel/proxy_dial.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "pipeline/loop/escape.hpp"
#include "pipeline/loop/timer.hpp"
#include "transport/resolver.hpp"
#include "transport/tunnel/proxy_errors.hpp"

namespace azure::iot::device {
namespace {

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

// Never cleaned up: others in the process may use libcurl.
bool libcurl_is_there() {
  static std::once_flag once;
  static bool initialized = false;
  std::call_once(once, [] { initialized = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; });
  return initialized;
}

// An address as it stands in a URL.
std::string in_url(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

// "host:port:address,address", so that libcurl has nothing to look up.
void add_addresses(List& list, const std::string& host, std::uint16_t port,
                   const std::vector<std::string>& addresses) {
  if (addresses.empty() || is_ip_address(host)) return;
  std::string entry = host + ":" + std::to_string(port) + ":";
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    entry += (i > 0 ? "," : "") + in_url(addresses[i]);
  }
  curl_slist* const longer = curl_slist_append(list.get(), entry.c_str());
  if (longer == nullptr) return;
  static_cast<void>(list.release());
  list.reset(longer);
}

curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace

class ProxyDial::Impl {
 public:
  Impl(EventLoop& loop, const Route& route, const Addresses& addresses, Done done)
      : loop_(loop), route_(route), done_(std::move(done)) {
    if (!libcurl_is_there() || !set_up(addresses)) {
      start_.start(loop_, Duration::zero(), [this] {
        tell(Error(Errc::connection_failed, "libcurl could not be set up to dial"));
      });
      return;
    }
    start_.start(loop_, Duration::zero(), [this] { drive(CURL_SOCKET_TIMEOUT, 0); });
  }

  ~Impl() {
    if (multi_ && easy_) curl_multi_remove_handle(multi_, easy_);
    if (easy_) curl_easy_cleanup(easy_);
    if (multi_) curl_multi_cleanup(multi_);
    for (const int fd : watched_) loop_.unwatch(fd);
  }

 private:
  bool set_up(const Addresses& addresses) {
    multi_ = curl_multi_init();
    easy_ = curl_easy_init();
    if (!multi_ || !easy_) return false;
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);

    const std::string url =
        "http://" + in_url(route_.hostname) + ":" + std::to_string(route_.port) + "/";
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_CONNECT_ONLY, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    set(CURLOPT_TCP_NODELAY, 1L);
    set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
    set(CURLOPT_CONNECTTIMEOUT_MS, 0x7fffffffL);  // Whoever dials has a deadline of his own.
    set(CURLOPT_PROXY, "");                       // Not what the environment says.
    set(CURLOPT_NOPROXY, "");
    if (route_.proxy) {
      const bool by_name = addresses.server.empty() && !is_ip_address(route_.hostname);
      set_proxy(*route_.proxy, by_name);
      add_addresses(addresses_, route_.proxy->address, route_.proxy->port, addresses.first_hop);
      add_addresses(addresses_, route_.hostname, route_.port, addresses.server);
    } else {
      add_addresses(addresses_, route_.hostname, route_.port, addresses.first_hop);
    }
    set(CURLOPT_RESOLVE, addresses_.get());
    return curl_multi_add_handle(multi_, easy_) == CURLM_OK;
  }

  void set_proxy(const ProxyOptions& proxy, bool by_name) {
    set(CURLOPT_PROXY, in_url(proxy.address).c_str());
    set(CURLOPT_PROXYPORT, static_cast<long>(proxy.port));
    switch (proxy.type) {
      case ProxyType::http:
        set(CURLOPT_PROXYTYPE, static_cast<long>(CURLPROXY_HTTP));
        set(CURLOPT_HTTPPROXYTUNNEL, 1L);
        set(CURLOPT_PROXYAUTH, CURLAUTH_BASIC);
        break;
      case ProxyType::socks4:
        set(CURLOPT_PROXYTYPE, static_cast<long>(by_name ? CURLPROXY_SOCKS4A : CURLPROXY_SOCKS4));
        break;
      case ProxyType::socks5:
        set(CURLOPT_PROXYTYPE, static_cast<long>(CURLPROXY_SOCKS5_HOSTNAME));
        set(CURLOPT_SOCKS5_AUTH, CURLAUTH_BASIC);
        break;
    }
    if (!shows_credentials(proxy)) return;
    set(CURLOPT_PROXYUSERNAME, proxy.username.c_str());
    if (proxy.type != ProxyType::socks4) set(CURLOPT_PROXYPASSWORD, proxy.password.c_str());
  }

  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(easy_, option, value);
  }

  // Nothing is thrown through libcurl: it is told, and what was thrown ends the dial afterwards.
  template <class F>
  int survive(const F& f) {
    try {
      f();
      return 0;
    } catch (...) {
      thrown_ = Error(Errc::connection_failed, thrown_text());
      return -1;
    }
  }
  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
    auto& impl = *static_cast<Impl*>(self);
    return impl.survive([&] { impl.watch(fd, what); });
  }

  void watch(int fd, int what) {
    const auto known = std::find(watched_.begin(), watched_.end(), fd);
    if (what == CURL_POLL_REMOVE) {
      if (known == watched_.end()) return;
      watched_.erase(known);
      return loop_.unwatch(fd);
    }
    const unsigned interest = ((what & CURL_POLL_IN) ? EventLoop::kReadable : 0U) |
                              ((what & CURL_POLL_OUT) ? EventLoop::kWritable : 0U);
    if (known == watched_.end()) watched_.push_back(fd);
    loop_.watch(fd, interest, [this, fd](unsigned readiness) { on_ready(fd, readiness); });
  }

  static int on_timer(CURLM*, long milliseconds, void* self) {
    auto& impl = *static_cast<Impl*>(self);
    return impl.survive([&] { impl.set_timer(milliseconds); });
  }

  void set_timer(long milliseconds) {
    if (milliseconds < 0) return timer_.cancel();
    timer_.start(loop_, std::chrono::milliseconds(milliseconds),
                 [this] { drive(CURL_SOCKET_TIMEOUT, 0); });
  }

  void on_ready(int fd, unsigned readiness) {
    const int what =
        ((readiness & EventLoop::kReadable) ? CURL_CSELECT_IN : 0) |
        ((readiness & EventLoop::kWritable) ? CURL_CSELECT_OUT : 0) |
        ((readiness & (EventLoop::kError | EventLoop::kHangUp)) ? CURL_CSELECT_ERR : 0);
    drive(fd, what);
  }

  void drive(curl_socket_t fd, int what) {
    int running = 0;
    curl_multi_socket_action(multi_, fd, what, &running);
    if (thrown_) return tell(std::exchange(thrown_, Error{}));
    look_for_end();
  }

  void look_for_end() {
    int left = 0;
    const CURLMsg* const message = curl_multi_info_read(multi_, &left);
    if (!message || message->msg != CURLMSG_DONE) return;
    const CURLcode code = message->data.result;
    if (code != CURLE_OK) return tell(proxy_error(route_, easy_, code));
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy_, CURLINFO_ACTIVESOCKET, &socket);
    // One's own: libcurl closes the other.
    UniqueFd own(::fcntl(socket, F_DUPFD_CLOEXEC, 0));
    if (own.get() < 0) {
      return tell(Error(Errc::connection_failed, "no descriptor is left for the connection"));
    }
    tell(std::move(own));
  }

  // Its end: whoever is told may destroy this.
  void tell(Result<UniqueFd> result) {
    const Done done = std::move(done_);
    done(std::move(result));
  }

  EventLoop& loop_;
  const Route route_;
  Done done_;
  Error thrown_;  // By what libcurl called.
  List addresses_;
  CURLM* multi_ = nullptr;
  CURL* easy_ = nullptr;
  std::vector<int> watched_;
  Timer start_;
  Timer timer_;
};

ProxyDial::ProxyDial(EventLoop& loop, const Route& route, const Addresses& addresses, Done done)
    : impl_(std::make_unique<Impl>(loop, route, addresses, std::move(done))) {}

ProxyDial::~ProxyDial() = default;

}  // namespace azure::iot::device
