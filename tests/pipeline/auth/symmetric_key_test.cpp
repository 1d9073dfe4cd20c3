#include "pipeline/auth/symmetric_key.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "pipeline/auth/base64.hpp"
#include "pipeline/auth/wipe.hpp"

namespace azure::iot::device {

TEST_CASE("SymmetricKey: a key that is not base64 is refused without being shown") {
  CHECK_THROWS_WITH_AS(SymmetricKeySigningMechanism("c2VjcmV0LXRleHQ"),
                       "Invalid Symmetric Key: it must be base64, with its padding",
                       std::invalid_argument);
}

TEST_CASE("SymmetricKey: signing is HMAC-SHA256 (RFC 4231, test case 2)") {
  SymmetricKeySigningMechanism mechanism(encode_base64("Jefe"));
  const Result<std::string> signature = mechanism.sign("what do ya want for nothing?");
  REQUIRE(signature);
  CHECK(*signature == "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
  // As with a key longer than a block (test case 6).
  SymmetricKeySigningMechanism long_key(encode_base64(std::string(131, '\xaa')));
  CHECK(*long_key.sign("Test Using Larger Than Block-Size Key - Hash Key First") ==
        "YOQxWR7gtn8Niiaqy/W3f44LxiE3KMUUBUYEDw7jf1Q=");
}

TEST_CASE("Base64: decoding is as lenient as Python's") {
  CHECK(decode_base64("YWJj YW\nJj") == "abcabc");
  CHECK(decode_base64("!!!!") == "");
  CHECK(decode_base64("YQ==YQ==") == "a");
  CHECK(decode_base64("YQ=YQ==") == "a\x06\x10");
  CHECK(decode_base64("=YWJj") == "abc");
  CHECK_FALSE(decode_base64("YQ"));
  CHECK_FALSE(decode_base64("YQ="));
  CHECK_FALSE(decode_base64("Y==="));
  CHECK_FALSE(decode_base64("YWJjZ"));
}

TEST_CASE("Base64: strictly it is the alphabet with its padding, and something to decode") {
  for (const char* text : {"YQ==", "YWI=", "YWJj", "+/+/", "AAAA", "zzzz", "AZ09"}) {
    CAPTURE(text);
    CHECK(is_strict_base64(text));
  }
  for (const char* text : {"", "!!", "!!!!", "abc", "YQ",
                           "YQ=", "Y===", "====", "YQ==YQ==", "YWJj\n", " YQ==", "YW-_"}) {
    CAPTURE(text);
    CHECK_FALSE(is_strict_base64(text));
  }
}

TEST_CASE("Base64: all bytes survive encoding and decoding") {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    bytes += static_cast<char>(i);
    CHECK(decode_base64(encode_base64(bytes)) == bytes);
  }
  CHECK(encode_base64("") == "");
}

TEST_CASE("Base64: a secret that was decoded is moved without leaving a copy, however short") {
  for (const std::size_t size : {0, 1, 15, 16, 64, 1000}) {
    CAPTURE(size);
    std::optional<std::string> decoded = decode_base64(encode_base64(std::string(size, 's')));
    REQUIRE(decoded);
    const char* const memory = decoded->data();
    const std::string moved = std::move(*decoded);
    CHECK(moved.data() == memory);
    CHECK(moved.size() == size);
  }
}

TEST_CASE("Wipe: nothing of a secret stays in its memory, short or long") {
  for (std::string secret : {std::string("short"), std::string(1000, 's')}) {
    const char* memory = secret.data();
    const std::size_t size = secret.size();
    secret.pop_back();  // Memory beyond the end counts too.
    wipe(secret);
    CHECK(secret.empty());
    CHECK(secret.data() == memory);
    CHECK(std::all_of(memory, memory + size, [](char c) { return c == '\0'; }));
  }
}

}  // namespace azure::iot::device
