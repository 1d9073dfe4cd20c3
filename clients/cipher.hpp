#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace azure::iot::device {

// Cipher suites that a client offers: a list in OpenSSL's syntax ("HIGH:!aNULL"), or separate
// names. The names may be in either case, with "_" or "-" between the words. An empty value means
// OpenSSL's default.
//
//   ConnectionStringOptions one{.cipher = "ECDHE-RSA-AES256-GCM-SHA384"};
//   ConnectionStringOptions two{
//       .cipher = {"ecdhe_rsa_aes256_gcm_sha384", "ecdhe_rsa_aes128_gcm_sha256"}};
//
// A given list offers TLS 1.3 only if it names a TLS 1.3 suite ("TLS_AES_256_GCM_SHA384"). OpenSSL
// configures those suites separately, so TLS 1.3 would otherwise bypass the restriction. (Python:
// cipher.)
//
// Unlike Python: a list that leaves no suite to use is a std::invalid_argument when the client is
// created. So is a list that leaves a suite without encryption, or without authentication of the
// server ("ANULL", "ALL:@SECLEVEL=0"). As in OpenSSL, ":", ",", ";" and blanks may separate the
// entries.
class Cipher {
 public:
  Cipher() = default;
  Cipher(const char* list) : Cipher(std::string_view(list)) {}
  Cipher(const std::string& list) : Cipher(std::string_view(list)) {}
  Cipher(std::string_view list);
  Cipher(std::initializer_list<std::string_view> names);

  // Returns all suites as one list: in capitals, with "-" between the words and ":" between the
  // names.
  const std::string& text() const& { return text_; }
  std::string text() const&& { return text_; }

 private:
  std::string text_;
};

}  // namespace azure::iot::device
