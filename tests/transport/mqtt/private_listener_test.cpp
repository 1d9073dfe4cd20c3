#include "transport/mqtt/private_listener.hpp"

#include <cerrno>
#include <filesystem>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace azure::iot::device {
namespace {

UniqueFd connect_to(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fd.reset();
  }
  return fd;
}

}  // namespace

TEST_CASE("Private listener: takes this process") {
  const PrivateListener listener;
  CHECK_FALSE(listener.accept(-1));
  const UniqueFd own = connect_to(listener.path());
  REQUIRE(own);
  const UniqueFd other = listener.accept(own.get());
  REQUIRE(other);
  CHECK(::write(own.get(), "x", 1) == 1);
  char byte = 0;
  CHECK(::read(other.get(), &byte, 1) == 1);
}

TEST_CASE("Private listener: hangs up on any other process, also one of the same user") {
  const PrivateListener listener;
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    const UniqueFd fd = connect_to(listener.path());
    char byte = 0;
    ::_exit(fd && ::read(fd.get(), &byte, 1) == 0 ? 0 : 1);
  }
  int status = -1;
  while (::waitpid(child, &status, WNOHANG) == 0) {
    CHECK_FALSE(listener.accept(-1));
    ::usleep(1000);
  }
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("Private listener: where no descriptor is left, that is the reason") {
  const PrivateListener listener;
  const UniqueFd own = connect_to(listener.path());
  REQUIRE(own);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = static_cast<rlim_t>(UniqueFd(::dup(0)).get());
  ::setrlimit(RLIMIT_NOFILE, &none);
  const UniqueFd other = listener.accept(own.get());
  const int error_number = errno;
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK_FALSE(other);
  CHECK(error_number == EMFILE);
  CHECK(listener.accept(own.get()));
}

TEST_CASE("Private listener: lies where no other user can enter, and leaves nothing behind") {
  std::filesystem::path folder;
  {
    const PrivateListener listener;
    folder = std::filesystem::path(listener.path()).parent_path();
    struct stat status {};
    REQUIRE(::stat(folder.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0700);
    CHECK(status.st_uid == ::geteuid());
  }
  CHECK_FALSE(std::filesystem::exists(folder));
}

}  // namespace azure::iot::device
