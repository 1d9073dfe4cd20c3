#include "launcher/control_client.hpp"

#include <algorithm>
#include <array>

#include <poll.h>
#include <sys/socket.h>

#include "launcher/unix_socket.hpp"

namespace azure::iot::device::simulator {

ControlClient::ControlClient(const std::filesystem::path& socket) : fd_(connect_unix(socket)) {
  if (!fd_) {
    throw std::runtime_error("no simulator answers at " + socket.string() +
                             ": start one with 'iothub-sim run', or name another with --control");
  }
}

Json ControlClient::call(const JsonObject& request, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  const std::string line = request.text() + "\n";
  std::size_t sent = 0;
  while (sent < line.size()) {
    const auto count = send(fd_.get(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) throw std::runtime_error("the simulator has ended");
    sent += static_cast<std::size_t>(count);
  }

  std::string received;
  while (received.find('\n') == std::string::npos) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd entry{fd_.get(), POLLIN, 0};
    if (poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) == 0) {
      throw std::runtime_error("the simulator did not answer in time");
    }
    std::array<char, 65536> chunk;
    const auto count = recv(fd_.get(), chunk.data(), chunk.size(), 0);
    if (count <= 0) throw std::runtime_error("the simulator has ended");
    received.append(chunk.data(), static_cast<std::size_t>(count));
  }
  auto answer = parse_json(received);
  if (!answer || !answer->IsObject()) throw std::runtime_error("the simulator's answer is no JSON");
  if (!answer->HasMember("ok") || !(*answer)["ok"].IsTrue()) {
    throw RequestRefused(integer_member(*answer, "code", 0), string_member(*answer, "error"));
  }
  Json result;
  result.CopyFrom((*answer)["result"], result.GetAllocator());
  return result;
}

}  // namespace azure::iot::device::simulator
