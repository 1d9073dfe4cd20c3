#include "support/growth.hpp"

#include <algorithm>
#include <memory>
#include <span>
#include <string>

#include "transport/tunnel/frames.hpp"
#include "transport/tunnel/upgrade.hpp"

namespace azure::iot::device {
namespace {

// A frame as a server sends it.
std::string frame(std::size_t size) {
  const int bytes_of_size = size < 126 ? 1 : size < 65536 ? 2 : 8;
  std::string bytes{'\x82'};
  if (bytes_of_size > 1) bytes += bytes_of_size == 2 ? '\x7e' : '\x7f';
  for (int shift = 8 * (bytes_of_size - 1); shift >= 0; shift -= 8) {
    bytes += static_cast<char>((std::uint64_t{size} >> shift) & 0xff);
  }
  return bytes + std::string(size, 'p');
}

// Work on the bytes from `bytes_of`, given in pieces of this size.
growth::Work take_frames(std::string (*bytes_of)(std::size_t), std::size_t piece) {
  return [bytes_of, piece](std::size_t size) {
    return [bytes = bytes_of(size), piece] {
      std::string_view left = bytes;
      Frames frames{{.receive = [&](std::span<char> to) -> long {
                       const std::size_t n = std::min({to.size(), left.size(), piece});
                       left.copy(to.data(), n);
                       left.remove_prefix(n);
                       return static_cast<long>(n);
                     },
                     .send = [](std::string_view) {},
                     .on_bytes = [](std::string_view) {}}};
      while (!left.empty()) REQUIRE(frames.receive());
    };
  };
}

std::string many_frames(std::size_t size) {
  std::string all;
  for (std::size_t i = 0; i < size / 4; ++i) all += frame(1);
  return all;
}

TEST_CASE("Frames: work grows with what the server sends no faster than it does") {
  growth::check({
      {"one frame", 10'000, take_frames(&frame, 4096)},
      {"one frame, byte by byte", 10'000, take_frames(&frame, 1)},
      {"small frames", 10'000, take_frames(&many_frames, 4096)},
      {"small frames, byte by byte", 10'000, take_frames(&many_frames, 1)},
  });
}

TEST_CASE("Upgrade: work grows with an answer no faster than it does") {
  growth::check({
      {"a head that comes byte by byte", 1000,
       [](std::size_t size) {
         return [size] {
           std::string head = "HTTP/1.1 101 \r\n\r";
           for (std::size_t i = 0; i < size; ++i) {
             head += 'x';
             CHECK(Upgrade::head_size(head, head.size() - 1) == 0);
           }
         };
       }},
      {"a head of many lines", 1000,
       [](std::size_t size) {
         std::string head = "HTTP/1.1 101 Switching Protocols\r\n";
         for (std::size_t i = 0; i < size; ++i) head += "Name: value\r\n";
         return [head = head + "\r\n"] { CHECK(Upgrade("hub", 443, "key").check(head)); };
       }},
  });
}

}  // namespace
}  // namespace azure::iot::device
