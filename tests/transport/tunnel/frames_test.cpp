#include "transport/tunnel/frames.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "tests/support/web_socket_peer.hpp"

namespace azure::iot::device::test {
namespace {

// Frames between two ends in memory.
struct Line {
  std::string below;  // From the server, not read yet.
  bool hung_up = false;
  std::size_t piece = 1'000'000;  // Bytes given at a time.
  std::string sent;               // By the client, in frames.
  std::string above;              // The content of received frames.
  Frames frames{{.receive = [this](std::span<char> to) -> long {
                   const std::size_t size = std::min({to.size(), below.size(), piece});
                   below.copy(to.data(), size);
                   below.erase(0, size);
                   if (size == 0 && hung_up) return -1;
                   return static_cast<long>(size);
                 },
                 .send = [this](std::string_view bytes) { sent += bytes; },
                 .on_bytes = [this](std::string_view bytes) { above += bytes; }}};

  bool take(const std::string& bytes) {
    below += bytes;
    while (!below.empty()) {
      if (!frames.receive()) return false;
    }
    return frames.receive();
  }
};

TEST_CASE("Frames: what is sent comes in one binary frame, masked, each time in another way") {
  Line line;
  for (const std::size_t size : {0U, 1U, 125U, 126U, 65'535U, 65'536U, 300'000U}) {
    CAPTURE(size);
    const std::string payload(size, 'p');
    REQUIRE(line.frames.send(payload));
    REQUIRE(line.frames.flush());
    const std::string first = line.sent;
    const Frame frame = take_frame(line.sent);
    CHECK(frame.opcode == Opcode::binary);
    CHECK(frame.last);
    CHECK(frame.payload == payload);
    CHECK(line.sent.empty());
    line.frames.send(payload);
    line.frames.flush();
    CHECK(line.sent != first);
    line.sent.clear();
  }
}

TEST_CASE("Frames: what comes is handed on as it comes, in whatever frames and pieces") {
  const std::string bytes = to_bytes({Opcode::binary, "one "}) +
                            to_bytes({Opcode::binary, "tw", false}) +
                            to_bytes({Opcode::more, "o ", false}) + to_bytes({Opcode::more, ""}) +
                            to_bytes({Opcode::binary, std::string(70'000, '3')});
  for (const std::size_t piece : {1U, 2U, 7U, 4096U, 1'000'000U}) {
    CAPTURE(piece);
    Line line;
    line.piece = piece;
    CHECK(line.take(bytes));
    CHECK(line.above == "one two " + std::string(70'000, '3'));
    CHECK(line.sent.empty());
  }
}

TEST_CASE("Frames: a ping is answered, also between the frames of a message") {
  Line line;
  CHECK(line.take(to_bytes({Opcode::binary, "be", false}) + to_bytes({Opcode::ping, "are you?"}) +
                  to_bytes({Opcode::more, "gun"})));
  CHECK(line.above == "begun");
  CHECK(line.frames.flush());
  const Frame pong = take_frame(line.sent);
  CHECK(pong.opcode == Opcode::pong);
  CHECK(pong.payload == "are you?");
  CHECK(line.take(to_bytes({Opcode::pong, "nobody asked"})));
  CHECK(line.above == "begun");
}

TEST_CASE("Frames: the server's end of it is told with its code, and answered") {
  Line line;
  CHECK(line.frames.close_code() == 0);
  CHECK_FALSE(line.take(to_bytes({Opcode::binary, "last words"}) +
                        to_bytes({Opcode::close, "\x03\xe9going away"})));
  CHECK(line.above == "last words");
  CHECK(line.frames.close_code() == 1001);
  line.frames.flush();
  CHECK(take_frame(line.sent).opcode == Opcode::close);

  Line without_code;
  CHECK_FALSE(without_code.take(to_bytes({Opcode::close, ""})));
  CHECK(without_code.frames.close_code() == 1005);
}

TEST_CASE("Frames: what is no frame ends it, as the end of the connection does") {
  Line line;
  CHECK_FALSE(line.take("HTTP/1.1 400 Bad Request\r\n\r\n"));
  // The server may stay connected and send nothing more.
  Line reserved;
  CHECK_FALSE(reserved.take("this is no frame, and was never meant to be one"));
  CHECK_FALSE(reserved.frames.receive());
  Line gone;
  CHECK(gone.take(to_bytes({Opcode::binary, "whole"}).substr(0, 4)));
  gone.hung_up = true;
  CHECK_FALSE(gone.frames.receive());
  CHECK(gone.frames.close_code() == 0);
}

}  // namespace
}  // namespace azure::iot::device::test
