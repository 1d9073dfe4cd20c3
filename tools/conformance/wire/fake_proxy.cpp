#include "tools/conformance/wire/fake_proxy.hpp"

#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/support/loopback.hpp"
#include "tools/conformance/wire/hub_stream.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

constexpr char kSocks4 = 4;
constexpr char kSocks5 = 5;

UniqueFd connection_to(const test::ServerAddress& server) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port);
  ::inet_pton(AF_INET, server.ip.c_str(), &address.sin_addr);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fd.reset();
  }
  return fd;
}

// As the vectors write it: "Basic" in any case of letters.
Json as_recorded(Json head) {
  for (const Json& header : head["headers"].elements()) {
    if (header[0] == Json("Proxy-Authorization")) {
      const std::string& value = header[1].as_string();
      head.set("authorization", value.substr(value.find(' ') + 1));
    }
  }
  head.erase("headers");
  return head;
}

}  // namespace

FakeProxy::FakeProxy(HubScript& script, test::ServerAddress server)
    : script_(script),
      server_(std::move(server)),
      listener_([this](test::ScriptedConnection& client) { serve(client); }) {}

std::vector<Json> FakeProxy::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FakeProxy::note(Json request) {
  const std::lock_guard lock(mutex_);
  request.set("step", step_.load());
  requests_.push_back(std::move(request));
}

void FakeProxy::serve(test::ScriptedConnection& client) {
  const std::string first = client.read(1);
  if (first.empty()) return;
  const bool connected = first[0] == kSocks5   ? serve_socks5(client)
                         : first[0] == kSocks4 ? serve_socks4(client)
                                               : serve_http(client, first);
  if (connected) carry(client);
}

bool FakeProxy::serve_http(test::ScriptedConnection& client, std::string head) {
  while (!head.ends_with("\r\n\r\n")) {
    const std::string byte = client.read(1);
    if (byte.empty()) return false;
    head += byte;
  }
  Json request = as_recorded(read_head(head));
  request.set("proxy", "HTTP");
  note(std::move(request));
  const std::string word = script_.next_word("proxy");
  if (word == "auth_fail") {
    client.write(
        "HTTP/1.1 407 Proxy Authentication Required\r\n"
        "Proxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\n\r\n");
  } else if (word == "refuse") {
    client.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  } else {
    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    return true;
  }
  client.wait_for_end();
  return false;
}

// With a name in the place of the address, as SOCKS4a has it: 0.0.0.x.
bool FakeProxy::serve_socks4(test::ScriptedConnection& client) {
  const auto text = [&] {
    std::string whole;
    for (std::string byte = client.read(1); !byte.empty() && byte[0] != '\0';
         byte = client.read(1)) {
      whole += byte;
    }
    return whole;
  };
  const std::string head = client.read(7);  // Command, port, address.
  if (head.size() < 7) return false;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(head[at]); };
  Json request{{"proxy", "SOCKS4"}, {"port", byte(1) << 8 | byte(2)}};
  const std::string user = text();
  if (!user.empty()) request.set("username", user);
  const bool has_name = head.compare(3, 3, std::string(3, '\0')) == 0;
  request.set("host", has_name ? text()
                               : std::to_string(byte(3)) + '.' + std::to_string(byte(4)) + '.' +
                                     std::to_string(byte(5)) + '.' + std::to_string(byte(6)));
  note(std::move(request));
  constexpr char kGranted = 90, kRefused = 91, kOtherUser = 93;
  const std::string word = script_.next_word("proxy");
  const char answer = word == "refuse" ? kRefused : word == "auth_fail" ? kOtherUser : kGranted;
  client.write(std::string{0, answer, 0, 0, 0, 0, 0, 0});
  return answer == kGranted;
}

// RFC 1928 and RFC 1929.
bool FakeProxy::serve_socks5(test::ScriptedConnection& client) {
  const auto byte = [&] {
    const std::string one = client.read(1);
    return one.empty() ? 0 : static_cast<unsigned char>(one[0]);
  };
  const auto text = [&] { return client.read(byte()); };
  constexpr int kPassword = 2;
  Json methods = Json::array();
  bool offers_password = false;
  for (int left = byte(); left > 0; --left) {
    const int method = byte();
    offers_password = offers_password || method == kPassword;
    methods.push_back(method);
  }
  Json request{{"proxy", "SOCKS5"}, {"methods", std::move(methods)}};
  const std::string word = script_.next_word("proxy");
  client.write(std::string{kSocks5, offers_password ? static_cast<char>(kPassword) : '\0'});
  if (offers_password) {
    byte();
    request.set("username", text());
    request.set("password", text());
    const bool fails = word == "auth_fail";
    client.write(std::string{1, static_cast<char>(fails)});
    if (fails) {
      note(std::move(request));
      return false;
    }
  }
  client.read(3);  // Version, command, reserved.
  const int type = byte();
  constexpr int kName = 3;
  request.set("address_type", type);
  request.set("host", type == kName ? text() : client.read(4));
  const int high = byte();
  request.set("port", high << 8 | byte());
  note(std::move(request));
  const bool refuses = word == "refuse";
  client.write(std::string{kSocks5, refuses ? '\x05' : '\0', 0, 1, 0, 0, 0, 0, 0, 0});
  return !refuses;
}

void FakeProxy::carry(test::ScriptedConnection& client) {
  const UniqueFd server = connection_to(server_);
  if (!server) return;
  for (;;) {
    pollfd both[] = {{client.wire().fd(), POLLIN, 0}, {server.get(), POLLIN, 0}};
    if (::poll(both, 2, -1) < 0) return;
    if (both[0].revents != 0) {
      const std::string bytes = client.read_some(64 * 1024);
      if (bytes.empty()) return;
      if (::send(server.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return;
    }
    if (both[1].revents != 0) {
      char bytes[64 * 1024];
      const ssize_t got = ::recv(server.get(), bytes, sizeof bytes, 0);
      if (got <= 0) return;
      client.write({bytes, static_cast<std::size_t>(got)});
    }
  }
}

ClosedPort::ClosedPort()
    : bound_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      port_(test::bind_to_loopback(bound_.get())) {}

}  // namespace azure::iot::device::conformance::wire
