#include "transport/tls/cipher_suites.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include <doctest/doctest.h>
#include <openssl/ssl.h>

namespace azure::iot::device {
namespace {

struct Offer {
  Error error;
  std::set<std::string> suites;
  bool tls12 = true;
  bool tls13 = true;
};

Offer offer_of(const std::string& list) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  Offer offer{.error = use_cipher_suites(context.get(), list), .suites = {}};
  const auto* const ciphers = SSL_CTX_get_ciphers(context.get());
  offer.tls13 = SSL_CTX_get_max_proto_version(context.get()) != TLS1_2_VERSION;
  offer.tls12 = SSL_CTX_get_min_proto_version(context.get()) != TLS1_3_VERSION;
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    const SSL_CIPHER* const each = sk_SSL_CIPHER_value(ciphers, i);
    const bool is_tls13 = std::string_view(SSL_CIPHER_get_name(each)).starts_with("TLS_");
    if (is_tls13 ? offer.tls13 : offer.tls12) offer.suites.insert(SSL_CIPHER_get_name(each));
  }
  return offer;
}

}  // namespace

TEST_CASE("Cipher suites: only what is named is offered, and TLS 1.3 not in silence") {
  const Offer offer = offer_of("ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256");
  CHECK_FALSE(offer.error);
  CHECK(offer.suites ==
        std::set<std::string>{"ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"});
  CHECK_FALSE(offer.tls13);
}

TEST_CASE("Cipher suites: those of TLS 1.3 are chosen like the others, alone or with them") {
  const Offer alone = offer_of("TLS-AES-256-GCM-SHA384");
  CHECK(alone.suites == std::set<std::string>{"TLS_AES_256_GCM_SHA384"});
  CHECK_FALSE(alone.tls12);
  const Offer both = offer_of("ECDHE-RSA-AES256-GCM-SHA384:TLS-CHACHA20-POLY1305-SHA256");
  CHECK(both.suites ==
        std::set<std::string>{"ECDHE-RSA-AES256-GCM-SHA384", "TLS_CHACHA20_POLY1305_SHA256"});
}

TEST_CASE("Cipher suites: OpenSSL's own words may be used, those with small letters too") {
  const auto is_anonymous = [](const std::string& suite) {
    return suite.starts_with("ADH") || suite.starts_with("AECDH");
  };
  // As Cipher spells them.
  const Offer without = offer_of("ALL:!ANULL:!ENULL:@SECLEVEL=0");
  CHECK_FALSE(without.error);
  CHECK(without.suites.size() > 10);
  CHECK(std::none_of(without.suites.begin(), without.suites.end(), is_anonymous));
  const Offer with = offer_of("ALL:@SECLEVEL=0");
  CHECK(std::any_of(with.suites.begin(), with.suites.end(), is_anonymous));
  const Offer combined = offer_of("KEECDH+ARSA+AESGCM");
  CHECK(combined.suites ==
        std::set<std::string>{"ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"});
  CHECK(offer_of("DEFAULT:-KRSA").suites == offer_of("DEFAULT:!KRSA").suites);
}

TEST_CASE("Cipher suites: an empty list leaves the choice to OpenSSL") {
  const Offer offer = offer_of("");
  CHECK(offer.tls12);
  CHECK(offer.tls13);
  CHECK(offer.suites.size() > 10);
}

TEST_CASE("Cipher suites: a list of which OpenSSL knows nothing is an error that shows it") {
  for (const char* list : {"BOGUS", "BOGUS:ALSO", "TLS-AES-BOGUS", ":"}) {
    CAPTURE(list);
    const Error error = offer_of(list).error;
    CHECK(error.code() == Errc::bad_content);
    CHECK(error.detail().find(list) != std::string::npos);
  }
}

TEST_CASE("Cipher suites: a list that leaves nothing to use is an error, however it is spelt") {
  for (const char* list : {"ANULL", "aNULL", "+ANULL", "ADH", "AECDH", "ENULL", "NULL",
                           "NULL-SHA256", "EXPORT", "PSK", "KSRP", "AES:!AES", "HIGH:-HIGH",
                           "@SECLEVEL=0", "HIGH,!ALL", "HIGH !ALL", "COMPLEMENTOFALL", "!ANULL"}) {
    CAPTURE(list);
    const Error error = offer_of(list).error;
    CHECK(error.code() == Errc::bad_content);
    CHECK(error.detail().starts_with("cipher: "));
    CHECK(error.detail().ends_with(std::string("; got ") + list));
  }
}

TEST_CASE("Cipher suites: a list that offers what does not encrypt or authenticate is an error") {
  for (const char* list : {"ALL:@SECLEVEL=0", "ANULL:@SECLEVEL=0", "HIGH:+ANULL:@SECLEVEL=0",
                           "ADH-AES256-GCM-SHA384:"
                           "@SECLEVEL=0",
                           "TLSV1.2:@SECLEVEL=0"}) {
    CAPTURE(list);
    CHECK(offer_of(list).error.detail().find("does not authenticate the server") !=
          std::string::npos);
  }
  for (const char* list :
       {"ENULL:@SECLEVEL=0", "COMPLEMENTOFALL:@SECLEVEL=0", "HIGH:!ANULL:NULL-SHA256:@SECLEVEL=0",
        "HIGH,!ANULL,ENULL,@SECLEVEL=0", "ALL:!ANULL:ECDHE-RSA-NULL-SHA:@SECLEVEL=0"}) {
    CAPTURE(list);
    CHECK(offer_of(list).error.detail().find("does not encrypt") != std::string::npos);
  }
}

TEST_CASE("Cipher suites: an exclusion holds with any separator and in any case") {
  const auto expected = offer_of("HIGH:!ANULL:@SECLEVEL=0").suites;
  CHECK(expected.size() > 10);
  for (const char* list :
       {"HIGH,!ANULL,@SECLEVEL=0", "HIGH !ANULL @SECLEVEL=0", "HIGH;!ANULL;@SECLEVEL=0",
        "HIGH: !aNULL :@SECLEVEL=0", "HIGH:!anull:@SECLEVEL=0", "HIGH:!aNull:@SECLEVEL=0"}) {
    CAPTURE(list);
    const Offer offer = offer_of(list);
    CHECK_FALSE(offer.error);
    CHECK(offer.suites == expected);
  }
  // Suites that no security level permits do not make the list invalid.
  for (const char* list : {"ALL", "HIGH", "DEFAULT", "COMPLEMENTOFDEFAULT:HIGH", "TLSV1.2",
                           "ECDHE-RSA-AES256-GCM-SHA384:BOGUS"}) {
    CAPTURE(list);
    CHECK_FALSE(offer_of(list).error);
  }
}

}  // namespace azure::iot::device
