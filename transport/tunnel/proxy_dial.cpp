#include "transport/tunnel/proxy_dial.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include <curl/curl.h>
#include <fcntl.h>

#include "pipeline/auth/wipe.hpp"
#include "pipeline/loop/escape.hpp"
#include "pipeline/loop/timer.hpp"
#include "pipeline/text/quoted.hpp"
#include "transport/resolver.hpp"
#include "transport/tunnel/proxy_errors.hpp"

namespace azure::iot::device {
namespace {

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

// Initializes libcurl and never cleans it up, since other code in the process may use it.
bool libcurl_is_there() {
  static std::once_flag once;
  static bool initialized = false;
  std::call_once(once, [] { initialized = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; });
  return initialized;
}

// Formats an address for a URL.
std::string in_url(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

// Encodes text for libcurl, which decodes percent-encoding.
std::string percent_encoded(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return encoded;
}

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

// Sets the URL in parts, so that no character of the host name has a special meaning. Null if the
// host name cannot be part of a URL.
Url url_of(const Route& route) {
  // These have a special meaning at the beginning of a name in CURLOPT_RESOLVE.
  if (route.hostname.empty() ||
      std::string_view("+-*").find(route.hostname[0]) != std::string::npos)
    return nullptr;
  Url url(curl_url());
  const bool set =
      url && curl_url_set(url.get(), CURLUPART_SCHEME, "http", 0) == CURLUE_OK &&
      curl_url_set(url.get(), CURLUPART_HOST, in_url(route.hostname).c_str(), 0) == CURLUE_OK &&
      curl_url_set(url.get(), CURLUPART_PORT, std::to_string(route.port).c_str(), 0) == CURLUE_OK;
  if (!set) url.reset();
  return url;
}

// Adds an entry "host:port:address,address", so that libcurl has nothing to resolve.
void add_addresses(List& list, const std::string& host, std::uint16_t port,
                   const std::vector<std::string>& addresses) {
  if (addresses.empty() || is_ip_address(host)) return;
  std::string entry = host + ":" + std::to_string(port) + ":";
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (i > 0) entry += ',';
    entry += in_url(addresses[i]);
  }
  curl_slist* const longer = curl_slist_append(list.get(), entry.c_str());
  if (longer == nullptr) return;
  static_cast<void>(list.release());
  list.reset(longer);
}

}  // namespace

class ProxyDial::Impl {
 public:
  Impl(EventLoop& loop, const Route& route, UniqueFd connection,
       const std::vector<std::string>& server_addresses, Done done)
      : loop_(loop),
        route_(route),
        url_(url_of(route)),
        connection_(std::move(connection)),
        done_(std::move(done)) {
    if (!url_ || !libcurl_is_there() || !set_up(server_addresses)) {
      start_.start(loop_, Duration::zero(), [this] {
        tell(Error(Errc::connection_failed,
                   url_ ? "libcurl could not be set up to speak to " + name_of(*route_.proxy)
                        : "hostname " + quoted(route_.hostname, kLongestQuote) +
                              " is not the name of a host, and no proxy is asked for it"));
      });
      return;
    }
    start_.start(loop_, Duration::zero(), [this] { drive(CURL_SOCKET_TIMEOUT, 0); });
  }

  ~Impl() {
    // Unwatched before libcurl closes them, since a forked child may have copies.
    for (const int fd : std::exchange(watched_, {})) loop_.unwatch(fd);
    if (multi_ && easy_) curl_multi_remove_handle(multi_, easy_);
    if (easy_) curl_easy_cleanup(easy_);
    if (multi_) curl_multi_cleanup(multi_);
  }

 private:
  bool set_up(const std::vector<std::string>& server_addresses) {
    multi_ = curl_multi_init();
    easy_ = curl_easy_init();
    if (!multi_ || !easy_) return false;
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);

    set(CURLOPT_CURLU, url_.get());
    set(CURLOPT_CONNECT_ONLY, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    set(CURLOPT_TCP_NODELAY, 1L);
    set(CURLOPT_OPENSOCKETFUNCTION, &Impl::give_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
    set(CURLOPT_SOCKOPTFUNCTION, &Impl::say_connected);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &Impl::count);
    set(CURLOPT_XFERINFODATA, this);
    set(CURLOPT_CONNECTTIMEOUT_MS, 0x7fffffffL);  // The owner sets the deadline.
    set(CURLOPT_PROXY, "");                       // Ignores the environment.
    set(CURLOPT_NOPROXY, "");
    const bool by_name = server_addresses.empty() && !is_ip_address(route_.hostname);
    set_proxy(*route_.proxy, by_name);
    add_addresses(addresses_, route_.hostname, route_.port, server_addresses);
    set(CURLOPT_RESOLVE, addresses_.get());
    return curl_multi_add_handle(multi_, easy_) == CURLM_OK;
  }

  void set_proxy(const ProxyOptions& proxy, bool by_name) {
    // The connection exists already, so the name is irrelevant.
    set(CURLOPT_PROXY, "127.0.0.1");
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
    set(CURLOPT_PROXYUSERNAME, percent_encoded(proxy.username).c_str());
    if (proxy.type == ProxyType::socks4) return;
    std::string password = percent_encoded(proxy.password);
    set(CURLOPT_PROXYPASSWORD, password.c_str());
    wipe(password);
  }

  // Gives libcurl a copy of the descriptor, since libcurl closes it. Gives it once only.
  static curl_socket_t give_socket(void* self, curlsocktype, curl_sockaddr*) {
    auto& impl = *static_cast<Impl*>(self);
    if (std::exchange(impl.given_, true)) return CURL_SOCKET_BAD;
    return ::fcntl(impl.connection_.get(), F_DUPFD_CLOEXEC, 0);
  }
  static int say_connected(void*, curl_socket_t, curlsocktype) {
    return CURL_SOCKOPT_ALREADY_CONNECTED;
  }
  // Called for each byte of an HTTP proxy's answer. libcurl itself sets no limit to its length.
  static int count(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    constexpr int kLongestAnswer = 16 * 1024;
    return ++static_cast<Impl*>(self)->steps_ > kLongestAnswer ? 1 : 0;
  }

  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(easy_, option, value);
  }

  // Keeps exceptions from passing through libcurl. It is notified of the failure, and the exception
  // ends the dial afterwards.
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
    tell(std::move(connection_));
  }

  // Reports the result. The callback may destroy this object.
  void tell(Result<UniqueFd> result) {
    const Done done = std::move(done_);
    done(std::move(result));
  }

  EventLoop& loop_;
  const Route route_;
  const Url url_;
  UniqueFd connection_;
  bool given_ = false;  // The descriptor was given to libcurl.
  int steps_ = 0;       // Calls of `count`.
  Done done_;
  Error thrown_;  // From a callback of libcurl.
  List addresses_;
  CURLM* multi_ = nullptr;
  CURL* easy_ = nullptr;
  std::vector<int> watched_;
  Timer start_;
  Timer timer_;
};

ProxyDial::ProxyDial(EventLoop& loop, const Route& route, UniqueFd connection,
                     const std::vector<std::string>& server_addresses, Done done)
    : impl_(std::make_unique<Impl>(loop, route, std::move(connection), server_addresses,
                                   std::move(done))) {}

ProxyDial::~ProxyDial() = default;

}  // namespace azure::iot::device
