#include "tests/support/proxy_process.hpp"

#include <pwd.h>
#include <unistd.h>

namespace azure::iot::device::test {
namespace {

const std::string kPrograms = AZURE_IOT_TEST_PROXIES;

// Started by root, they would switch to another user, which cannot read these files.
std::string current_user() {
  const passwd* const entry = ::getpwuid(::geteuid());
  return entry ? entry->pw_name : "root";
}

std::vector<std::string> tinyproxy(const TemporaryFolder& folder, std::uint16_t port, bool basic,
                                   std::uint16_t only_port) {
  std::string text = "Port " + std::to_string(port) +
                     "\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 600\nMaxClients 100\n"
                     "LogLevel Info\nLogFile \"" +
                     (folder.path() / "log").string() + "\"\n";
  if (basic) text += "BasicAuth " + kProxyUser + " " + kProxyPassword + "\n";
  if (only_port != 0) text += "ConnectPort " + std::to_string(only_port) + "\n";
  return {kPrograms + "/usr/bin/tinyproxy", "-d", "-c", folder.write("tinyproxy.conf", text)};
}

std::vector<std::string> danted(const TemporaryFolder& folder, std::uint16_t port,
                                std::uint16_t only_port) {
  const std::string loopback = "  from: 127.0.0.0/8 to: 127.0.0.0/8";
  const std::string target =
      loopback + (only_port != 0 ? " port = " + std::to_string(only_port) : "");
  const std::string user = current_user();
  const std::string text = "logoutput: " + (folder.path() / "log").string() +
                           "\ninternal: 127.0.0.1 port = " + std::to_string(port) +
                           "\nexternal: 127.0.0.1\nclientmethod: none\nsocksmethod: none\n" +
                           "user.privileged: " + user + "\nuser.unprivileged: " + user +
                           "\nclient pass {\n" + loopback + "\n}\nsocks pass {\n" + target +
                           "\n  command: connect\n}\n";
  return {kPrograms + "/usr/sbin/danted", "-f", folder.write("danted.conf", text), "-p",
          (folder.path() / "pid").string()};
}

std::vector<std::string> microsocks(std::uint16_t port, bool user) {
  std::vector<std::string> arguments{kPrograms + "/usr/bin/microsocks", "-i", "127.0.0.1", "-p",
                                     std::to_string(port)};
  if (user) arguments.insert(arguments.end(), {"-u", kProxyUser, "-P", kProxyPassword});
  return arguments;
}

std::vector<std::string> arguments_of(Passage passage, const TemporaryFolder& folder,
                                      std::uint16_t port, std::uint16_t only_port) {
  switch (passage) {
    case Passage::http: return tinyproxy(folder, port, false, only_port);
    case Passage::http_basic: return tinyproxy(folder, port, true, only_port);
    case Passage::socks4: return danted(folder, port, only_port);
    case Passage::socks5: return microsocks(port, false);
    case Passage::socks5_user: return microsocks(port, true);
  }
  return {};
}

}  // namespace

std::string to_string(Passage passage) {
  switch (passage) {
    case Passage::http: return "HTTP";
    case Passage::http_basic: return "HTTP with a password";
    case Passage::socks4: return "SOCKS4";
    case Passage::socks5: return "SOCKS5";
    case Passage::socks5_user: return "SOCKS5 with a password";
  }
  return {};
}

ProxyProcess::ProxyProcess(Passage passage, std::uint16_t only_port)
    : passage_(passage),
      port_(free_port()),
      program_({.arguments = arguments_of(passage, folder_, port_, only_port),
                .environment = {"LD_LIBRARY_PATH=" AZURE_IOT_TEST_PROXIES_LIBRARY_PATH},
                .output = (folder_.path() / "output").string()},
               port_) {
  start();
}

ProxyOptions ProxyProcess::options() const {
  ProxyOptions options{.type = ProxyType::http, .address = "127.0.0.1", .port = port_};
  if (passage_ == Passage::socks4) options.type = ProxyType::socks4;
  if (passage_ == Passage::socks5 || passage_ == Passage::socks5_user) {
    options.type = ProxyType::socks5;
  }
  if (passage_ == Passage::http_basic || passage_ == Passage::socks5_user) {
    options.username = kProxyUser;
    options.password = kProxyPassword;
  }
  return options;
}

}  // namespace azure::iot::device::test
