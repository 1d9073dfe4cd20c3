// Searches memory for secrets in values that an application or the library passes around.
#include <memory>
#include <stdexcept>
#include <string>

#include <doctest/doctest.h>

#include "pipeline/auth/base64.hpp"
#include "pipeline/auth/symmetric_key.hpp"
#include "pipeline/auth/wipe.hpp"
#include "pipeline/auth/x509.hpp"
#include "pipeline/proxy_options.hpp"
#include "wiping/masked.hpp"

namespace azure::iot::device::test {

TEST_CASE("Wiping: keys, pass phrases and passwords go with the structs that hold them") {
  for (std::string X509::*const member : {&X509::key, &X509::pass_phrase}) {
    const Masked secret;
    {
      const auto x509 = std::make_unique<X509>();
      secret.write_to((*x509).*member);
      CHECK(secret.count_in_memory() == 1);
    }
    CHECK(secret.count_in_memory() == 0);
  }
  const Masked password;
  {
    const auto proxy = std::make_unique<ProxyOptions>();
    password.write_to(proxy->password);
    CHECK(password.count_in_memory() == 1);
  }
  CHECK(password.count_in_memory() == 0);
}

TEST_CASE("Wiping: a key that breaks off is refused, and what was read of it is nowhere") {
  const Masked key;
  std::string encoded;
  {
    std::string bytes;
    bytes.reserve(1000);
    key.write_to(bytes);
    bytes.append(700, 'x');  // More than any text of an exception takes.
    encoded = encode_base64(bytes);
    wipe(bytes);
  }
  encoded.resize(encoded.size() - 2);  // Its padding.
  CHECK_FALSE(decode_base64(encoded));
  CHECK(key.count_in_memory() == 0);
  CHECK_THROWS_AS(SymmetricKeySigningMechanism{encoded}, std::invalid_argument);
  CHECK(key.count_in_memory() == 0);
}

}  // namespace azure::iot::device::test
