#include "pipeline/text/sip_hash.hpp"

#include <cstdint>
#include <string>

#include <doctest/doctest.h>

#include "pipeline/text/name_hash.hpp"

namespace azure::iot::device {

TEST_CASE("SipHash: it is SipHash-1-3, whatever the length of the text") {
  struct Case {
    std::size_t size;
    std::uint64_t hash;
  };
  std::string text;
  for (char c = 0; c < 64; ++c) text += c;
  const SipKey key{{0x0706050403020100, 0x0f0e0d0c0b0a0908}};
  for (const Case& c :
       {Case{0, 0xabac0158050fc4dc}, Case{1, 0xc9f49bf37d57ca93}, Case{7, 0xd3927d989bb11140},
        Case{8, 0x369095118d299a8e}, Case{9, 0x25a48eb36c063de4}, Case{15, 0xd320d86d2a519956},
        Case{16, 0xcc4fdd1a7d908b66}, Case{63, 0x9d199062b7bbb3a8}}) {
    CAPTURE(c.size);
    CHECK(SipHash::of(std::string_view(text).substr(0, c.size), key) == c.hash);
  }
}

TEST_CASE("SipHash: names are hashed with a key of the process, which is not known") {
  CHECK(hash_name("name") == hash_name("name"));
  CHECK(hash_name("name") != SipHash::of("name", SipKey{}));
}

}  // namespace azure::iot::device
