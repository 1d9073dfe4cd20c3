#pragma once

#include <string>

namespace azure::iot::device {

// A client certificate and its key: each is PEM text, or the name of a file with such text, which
// is read when the client is created. Behind the certificate its text may have those that vouch for
// it; they are presented with it. A key may be encrypted by what OpenSSL 3 offers without its
// legacy provider: not DES, RC2 or MD5. (Python: X509, which takes names of files alone.)
//
//   X509 x509{.certificate = "device.pem", .key = "device.key", .pass_phrase = "..."};
struct X509 {
  ~X509();  // Wipes the key and its pass phrase.

  std::string certificate = {};
  std::string key = {};
  std::string pass_phrase = {};  // Of a key that is encrypted.
};

}  // namespace azure::iot::device
