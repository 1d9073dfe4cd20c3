#include "tests/support/broker_process.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace azure::iot::device::test {
namespace {

// User "device", password "secret", as mosquitto_passwd writes them.
constexpr const char* kPasswordFile =
    "device:$6$JqF+HNcx9Q7PAR4g$iHyDW4GbxLbV8enj23bh5sFafWpYoaKkH"
    "N82IKlAtY4TTt53Spa1uu1DsB6yIE8qEVsIJFWtSVH1jndtJGUkLw==\n";

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool answers(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool ok = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return ok;
}

void write_private(const std::filesystem::path& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) throw std::runtime_error("cannot write " + path.string());
  ::close(fd);
  std::ofstream(path) << text;
}

}  // namespace

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(fd);
  return ntohs(address.sin_port);
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "azure-iot-test-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make a temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

BrokerProcess::BrokerProcess() : certificate_(make_server_certificate()), port_(free_port()) {
  const std::filesystem::path& folder = folder_.path();
  write_private(folder / "ca.pem", certificate_.ca);
  write_private(folder / "server.pem", certificate_.certificate);
  write_private(folder / "server.key", certificate_.key);
  write_private(folder / "passwords", kPasswordFile);
  std::string text =
      "user root\nallow_anonymous false\npersistence false\nset_tcp_nodelay true\n"
      "max_queued_messages 100000\nmax_inflight_messages 1000\nlog_dest file " +
      (folder / "log").string() + "\npassword_file " + (folder / "passwords").string() + "\n";
  text += "listener " + std::to_string(port_) + " 127.0.0.1\n";
  text += "certfile " + (folder / "server.pem").string() + "\n";
  text += "keyfile " + (folder / "server.key").string() + "\n";
  write_private(folder / "mosquitto.conf", text);
  start();
}

BrokerProcess::~BrokerProcess() { kill(); }

void BrokerProcess::start() {
  const std::string config = (folder_.path() / "mosquitto.conf").string();
  // Made before the fork: between fork and exec nothing may be allocated.
  const std::string library_path = "LD_LIBRARY_PATH=" AZURE_IOT_TEST_BROKER_LIBRARY_PATH;
  const char* const environment[] = {library_path.c_str(), nullptr};
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::execle(AZURE_IOT_TEST_BROKER, "mosquitto", "-c", config.c_str(), nullptr, environment);
    ::_exit(127);
  }
  using namespace std::chrono_literals;
  for (int i = 0; i < 500 && !answers(port_); ++i) std::this_thread::sleep_for(10ms);
  if (!answers(port_)) throw std::runtime_error("the broker does not answer");
}

void BrokerProcess::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void BrokerProcess::freeze() { ::kill(pid_, SIGSTOP); }
void BrokerProcess::thaw() { ::kill(pid_, SIGCONT); }

}  // namespace azure::iot::device::test
