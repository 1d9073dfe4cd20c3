#include "transport/tls/trust_store.hpp"

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include "tests/support/test_certificates.hpp"
#include "transport/tls/tls_context.hpp"

using namespace azure::iot::device;
using namespace azure::iot::device::test;
namespace device = azure::iot::device;

TEST_CASE("Trust store: one text is parsed once, as long as somebody trusts it") {
  const std::string one = make_server_certificate().ca;
  const std::string other = make_server_certificate().ca;
  std::weak_ptr<x509_store_st> store_of_one;
  {
    const auto first = trust_store(one);
    REQUIRE(first);
    store_of_one = *first;
    CHECK(*trust_store(one) == *first);
    CHECK(*trust_store(other) != *first);
    CHECK(*trust_store("") != *first);
    CHECK(*trust_store(one + "\n") != *first);
  }
  CHECK(store_of_one.expired());
  CHECK(trust_store(one));
}

TEST_CASE("Trust store: clients share it, whatever host they are for and whatever they present") {
  const std::string ca = make_server_certificate().ca;
  const auto store_of = [](const std::shared_ptr<TlsContext>& context) {
    return SSL_CTX_get_cert_store(context->native());
  };
  const auto plain = TlsContext::get({"one.example", ca});
  const auto other_host = TlsContext::get({"other.example", ca});
  const ServerCertificate own = make_server_certificate();
  const device::X509 identity{own.certificate, own.key};
  const auto with_certificate = TlsContext::create({"one.example", ca}, identity);
  REQUIRE(plain);
  REQUIRE(other_host);
  REQUIRE(with_certificate);
  CHECK(store_of(*plain) == store_of(*other_host));
  CHECK(store_of(*plain) == store_of(*with_certificate));
  const auto of_system = TlsContext::get({"one.example", ""});
  const auto of_system_too = TlsContext::create({"other.example", ""}, identity);
  REQUIRE(of_system);
  REQUIRE(of_system_too);
  CHECK(store_of(*of_system) == store_of(*of_system_too));
  CHECK(store_of(*of_system) != store_of(*plain));
}

TEST_CASE("Trust store: what cannot be read is an error each time") {
  for (int i = 0; i < 2; ++i)
    CHECK(trust_store("no certificate").error().code() == Errc::bad_content);
}
