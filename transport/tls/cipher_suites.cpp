#include "transport/tls/cipher_suites.hpp"

#include <algorithm>
#include <memory>
#include <string_view>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {
namespace {

// TLS 1.3 suites have a list of their own, and names of their own: "TLS_AES_256_GCM_SHA384".
bool is_of_tls13(std::string_view name) {
  return name.starts_with("TLS-AES-") || name.starts_with("TLS-CHACHA20-");
}

// Words of OpenSSL's cipher lists that contain lower-case letters. The case was lost together with
// that of the suite names. Without this table "!aNULL" would exclude nothing.
constexpr std::string_view kMixedWords[] = {
    "aNULL",   "eNULL", "kRSA",    "aRSA",    "kDHE",    "kEDH",      "kECDHE",  "kEECDH", "aECDSA",
    "aDSS",    "kPSK",  "aPSK",    "kRSAPSK", "kDHEPSK", "kECDHEPSK", "kSRP",    "aSRP",   "kGOST",
    "kGOST18", "aGOST", "aGOST01", "aGOST12", "TLSv1",   "TLSv1.0",   "TLSv1.2", "SSLv3"};

std::string_view as_openssl_has_it(std::string_view word) {
  const auto same = [word](std::string_view mixed) {
    const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c; };
    return std::equal(mixed.begin(), mixed.end(), word.begin(), word.end(),
                      [&](char a, char b) { return upper(a) == upper(b); });
  };
  const auto* const found = std::find_if(std::begin(kMixedWords), std::end(kMixedWords), same);
  return found != std::end(kMixedWords) ? *found : word;
}

// Restores the case of one entry of the list: "!ANULL", "KECDHE+AESGCM", or a suite.
std::string restored(std::string_view entry) {
  const std::size_t begin = std::min(entry.find_first_not_of("!+-"), entry.size());
  std::string text(entry.substr(0, begin));
  for (std::string_view rest = entry.substr(begin); !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find('+'));
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    text.append(as_openssl_has_it(word)).append(rest.empty() ? "" : "+");
  }
  return text;
}

void append(std::string& list, std::string_view name) {
  if (!list.empty()) list += ':';
  list += name;
}

// Checks the suites that a connection would offer, once protocol versions, security level and
// missing keys have removed theirs. Fails if none is left, if no connection can be created, or if a
// suite does not encrypt or does not authenticate the server.
Error check_offer(ssl_ctx_st* context) {
  const std::unique_ptr<SSL, decltype(&SSL_free)> connection(SSL_new(context), &SSL_free);
  const auto free_stack = [](STACK_OF(SSL_CIPHER) * stack) { sk_SSL_CIPHER_free(stack); };
  const std::unique_ptr<STACK_OF(SSL_CIPHER), decltype(free_stack)> offered(
      connection ? SSL_get1_supported_ciphers(connection.get()) : nullptr, free_stack);
  ERR_clear_error();
  const int count = offered ? sk_SSL_CIPHER_num(offered.get()) : 0;
  if (count == 0) return Error(Errc::bad_content, "leaves no suite that can be used");
  for (int i = 0; i < count; ++i) {
    const SSL_CIPHER* const suite = sk_SSL_CIPHER_value(offered.get(), i);
    const bool authenticates = SSL_CIPHER_get_auth_nid(suite) != NID_auth_null;
    const bool encrypts = SSL_CIPHER_get_cipher_nid(suite) != NID_undef;
    if (authenticates && encrypts) continue;
    return Error(Errc::bad_content,
                 std::string("offers ") + SSL_CIPHER_get_name(suite) + ", which does not " +
                     (authenticates ? "encrypt; exclude it with !eNULL"
                                    : "authenticate the server; exclude it with !aNULL"));
  }
  return {};
}

}  // namespace

Error use_cipher_suites(ssl_ctx_st* context, const std::string& list) {
  if (list.empty()) return {};
  std::string tls13;
  std::string others;
  for (std::string_view rest = list; !rest.empty();) {
    // OpenSSL accepts any of these as a separator.
    const std::string_view name = rest.substr(0, rest.find_first_of(": ,;"));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    if (name.empty()) continue;
    if (is_of_tls13(name)) {
      append(tls13, name);
    } else {
      append(others, restored(name));
    }
  }
  std::replace(tls13.begin(), tls13.end(), '-', '_');

  const bool has_tls13 = !tls13.empty() && SSL_CTX_set_ciphersuites(context, tls13.c_str()) == 1;
  const bool has_others = !others.empty() && SSL_CTX_set_cipher_list(context, others.c_str()) == 1;
  ERR_clear_error();
  if (!has_tls13 && !has_others) {
    return Error(Errc::bad_content,
                 "cipher: must name at least one suite that OpenSSL knows "
                 "(\"openssl ciphers\" lists them); got " +
                     escaped(list, kLongestQuote));
  }
  if (!has_tls13) SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  if (!has_others) SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  if (const Error unusable = check_offer(context)) {
    return Error(Errc::bad_content,
                 "cipher: the list " + unusable.detail() + "; got " + escaped(list, kLongestQuote));
  }
  return {};
}

}  // namespace azure::iot::device
