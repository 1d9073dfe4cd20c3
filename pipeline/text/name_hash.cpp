#include "pipeline/text/name_hash.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

#include <sys/random.h>

namespace azure::iot::device {
namespace {

struct Key {
  std::uint64_t words[2] = {};
};

const Key& process_key() {
  static const Key key = [] {
    Key made;
    // Without random bytes the key is known: then only the protection is lost.
    static_cast<void>(::getrandom(&made, sizeof made, GRND_NONBLOCK));
    return made;
  }();
  return key;
}

// The names are those of the description of SipHash.
struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

}  // namespace

std::uint64_t hash_name(std::string_view name) {
  const auto& [k0, k1] = process_key().words;
  SipState state{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
                 k1 ^ 0x7465646279746573};
  std::size_t at = 0;
  for (; name.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, name.data() + at, sizeof word);
    state.take(word);
  }
  std::uint64_t last = std::uint64_t{name.size()} << 56;
  if (at < name.size()) {
    std::uint64_t rest = 0;
    std::memcpy(&rest, name.data() + at, name.size() - at);
    last |= rest;
  }
  state.take(last);
  state.v2 ^= 0xff;
  for (int i = 0; i < 3; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace azure::iot::device
