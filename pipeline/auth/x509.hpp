#pragma once

#include <string>

namespace azure::iot::device {

// A client certificate and its key. Each is PEM text, or the name of a file with such text, which
// is read when the client is created. The certificate may be followed by its chain of issuers,
// which is presented with it. The key may be encrypted with any algorithm that OpenSSL 3 supports
// without its legacy provider: not DES, RC2 or MD5. (Python: X509, which takes file names only.)
//
//   X509 x509{.certificate = "device.pem", .key = "device.key", .pass_phrase = "..."};
struct X509 {
  ~X509();  // Wipes the key and its pass phrase.

  std::string certificate = {};
  std::string key = {};
  std::string pass_phrase = {};  // Of an encrypted key.
};

}  // namespace azure::iot::device
