#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace azure::iot::device {

// Which cipher suites a client offers: a list in OpenSSL's words ("HIGH:!aNULL"), or the names one
// by one, in either case, with "_" or "-" between the words. Empty: OpenSSL's own choice.
//
//   ConnectionStringOptions one{.cipher = "ECDHE-RSA-AES256-GCM-SHA384"};
//   ConnectionStringOptions two{
//       .cipher = {"ecdhe_rsa_aes256_gcm_sha384", "ecdhe_rsa_aes128_gcm_sha256"}};
//
// TLS 1.3 is offered only where a suite of it is named ("TLS_AES_256_GCM_SHA384"): its suites are
// apart from the others, and the choice would not restrict anything. (Python: cipher.)
//
// Unlike Python: a list that leaves no suite to use, or one that does not encrypt or does not
// authenticate the server ("ANULL", "ALL:@SECLEVEL=0"), is a std::invalid_argument when the client
// is created. ":", ",", ";" and blanks may separate the entries, as in OpenSSL.
class Cipher {
 public:
  Cipher() = default;
  Cipher(const char* list) : Cipher(std::string_view(list)) {}
  Cipher(const std::string& list) : Cipher(std::string_view(list)) {}
  Cipher(std::string_view list);
  Cipher(std::initializer_list<std::string_view> names);

  // All of them in one list, with ":" between them, in capitals, with "-".
  const std::string& text() const& { return text_; }
  std::string text() const&& { return text_; }

 private:
  std::string text_;
};

}  // namespace azure::iot::device
