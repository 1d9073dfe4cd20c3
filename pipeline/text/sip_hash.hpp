#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace azure::iot::device {

struct SipKey {
  std::uint64_t words[2] = {};
};

// SipHash-1-3 of a text: one round for each word, three at the end. Without the key, texts cannot
// be chosen to collide. The names are those of the algorithm's description.
class SipHash {
 public:
  static std::uint64_t of(std::string_view text, const SipKey& key) {
    SipHash state(key);
    std::size_t at = 0;
    for (; text.size() - at >= sizeof(std::uint64_t); at += sizeof(std::uint64_t)) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, sizeof word);
      state.take(word);
    }
    std::uint64_t last = std::uint64_t{text.size()} << 56;
    if (at < text.size()) {
      std::uint64_t rest = 0;
      std::memcpy(&rest, text.data() + at, text.size() - at);
      last |= rest;
    }
    state.take(last);
    return state.finish();
  }

 private:
  explicit SipHash(const SipKey& key)
      : v0_(key.words[0] ^ 0x736f6d6570736575),
        v1_(key.words[1] ^ 0x646f72616e646f6d),
        v2_(key.words[0] ^ 0x6c7967656e657261),
        v3_(key.words[1] ^ 0x7465646279746573) {}

  void round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }
  void take(std::uint64_t word) {
    v3_ ^= word;
    round();
    v0_ ^= word;
  }
  std::uint64_t finish() {
    v2_ ^= 0xff;
    for (int i = 0; i < 3; ++i) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};

}  // namespace azure::iot::device
