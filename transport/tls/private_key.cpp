#include "transport/tls/private_key.hpp"

#include <algorithm>
#include <climits>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12err.h>
#include <openssl/proverr.h>

#include "pipeline/auth/wipe.hpp"
#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {
namespace {

// Gives OpenSSL the pass phrase on request, and records that it was requested.
struct PassPhrase {
  const std::string& text;
  bool asked = false;
  bool too_long = false;

  static int give(char* to, int size, int, void* self) {
    auto& pass_phrase = *static_cast<PassPhrase*>(self);
    pass_phrase.asked = true;
    const std::string& text = pass_phrase.text;
    pass_phrase.too_long = text.size() > static_cast<std::size_t>(size);
    if (text.empty() || pass_phrase.too_long) return -1;
    std::memcpy(to, text.data(), text.size());
    return static_cast<int>(text.size());
  }
};

// One entry of OpenSSL's error queue.
struct Reported {
  int source;
  int reason;
  std::string data;  // "Algorithm (DES-CBC : 8), Properties ()", "TYPE=1.2.840.113549.1.5.3".
};

std::vector<Reported> take_reported() {
  std::vector<Reported> all;
  const char* data = nullptr;
  int flags = 0;
  while (const unsigned long error = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    all.push_back({ERR_GET_LIB(error), ERR_GET_REASON(error),
                   data && (flags & ERR_TXT_STRING) ? data : std::string()});
  }
  return all;
}

bool has(const std::vector<Reported>& all, int library, int reason) {
  return std::any_of(all.begin(), all.end(), [&](const Reported& each) {
    return each.source == library && each.reason == reason;
  });
}

// Returns the name of the algorithm that no provider had; empty if that was not the reason.
std::string missing_algorithm(const std::vector<Reported>& all) {
  constexpr std::string_view kBefore = "Algorithm (";
  for (const Reported& each : all) {
    const std::size_t at = each.data.find(kBefore);
    if (each.source != ERR_LIB_EVP || each.reason != ERR_R_UNSUPPORTED || at == std::string::npos)
      continue;
    const std::size_t begin = at + kBefore.size();
    return each.data.substr(begin, each.data.find_first_of(" :)", begin) - begin);
  }
  return {};
}

// Returns the name or number of a type that OpenSSL does not know: "1.2.3"; empty if none is named.
std::string unknown_type(const std::vector<Reported>& all) {
  for (const Reported& each : all) {
    for (const std::string_view before : {"TYPE=", "name="}) {
      if (each.data.starts_with(before)) {
        return " (" + escaped(each.data.substr(before.size()), 60) + ")";
      }
    }
  }
  return {};
}

// Returns the common name of a legacy provider's algorithm; empty for any other algorithm.
std::string_view legacy_cipher(std::string_view name) {
  constexpr std::string_view kCiphers[] = {"DESX", "DES",  "RC2",  "RC4", "RC5",
                                           "BF",   "CAST", "IDEA", "SEED"};
  if (name == "PBKDF1") return "DES or RC2 and a pass phrase hashed by MD5 or SHA-1";
  for (const std::string_view cipher : kCiphers) {
    if (name.starts_with(cipher) && !name.starts_with("DES-EDE")) return cipher;
  }
  return {};
}

std::string encryption_refusal(const std::string& algorithm) {
  constexpr std::string_view kAdvice = "re-encrypt it with 'openssl pkcs8 -topk8 -v2 aes-256-cbc'";
  const std::string_view legacy = legacy_cipher(algorithm);
  std::string text = "the key is encrypted with ";
  if (legacy.empty()) {
    return text + escaped(algorithm, 60) + ", which this OpenSSL does not offer; " +
           std::string(kAdvice);
  }
  return text.append(legacy) + ", which OpenSSL 3 offers only in its legacy provider; " +
         std::string(kAdvice) + ", adding '-provider legacy -provider default'";
}

// Returns the label of the first block: "RSA PRIVATE KEY"; empty if there is none.
std::string_view label_of(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  const std::size_t at = pem.find(kBegin);
  if (at == pem.npos) return {};
  const std::string_view rest = pem.substr(at + kBegin.size());
  return rest.substr(0, std::min(rest.find("-----"), rest.find('\n')));
}

// Describes a text that is not a key OpenSSL can read.
std::string content_refusal(std::string_view pem) {
  const std::string_view label = label_of(pem);
  if (label == "OPENSSH PRIVATE KEY") {
    return "the key is in the format of OpenSSH; convert it with 'ssh-keygen -p -m PKCS8'";
  }
  if (!label.empty() && !label.ends_with("PRIVATE KEY")) {
    return "the key cannot be read: its text holds no private key, but " + quoted(label, 60);
  }
  if (!label.empty() && pem.find("-----END ") == pem.npos) {
    return "the key cannot be read: its PEM text is damaged, its end is missing";
  }
  return "the key cannot be read: it must be a private key as PEM text, which begins with "
         "-----BEGIN, or the name of a file with one, and this text is damaged";
}

std::string refusal_of(const std::vector<Reported>& reported, const PassPhrase& pass_phrase,
                       std::string_view pem) {
  if (pass_phrase.too_long)
    return "the pass_phrase is longer than the 1024 bytes that OpenSSL takes";
  if (pass_phrase.asked && pass_phrase.text.empty()) {
    return "the key is encrypted, and there is no pass_phrase";
  }
  if (const auto algorithm = missing_algorithm(reported); !algorithm.empty()) {
    return encryption_refusal(algorithm);
  }
  if (has(reported, ERR_LIB_PEM, PEM_R_UNSUPPORTED_ENCRYPTION) ||
      has(reported, ERR_LIB_PEM, PEM_R_UNSUPPORTED_CIPHER) ||
      has(reported, ERR_LIB_EVP, EVP_R_UNKNOWN_PBE_ALGORITHM) ||
      has(reported, ERR_LIB_EVP, EVP_R_UNSUPPORTED_CIPHER) ||
      has(reported, ERR_LIB_EVP, EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION) ||
      has(reported, ERR_LIB_EVP, EVP_R_UNSUPPORTED_PRF)) {
    return "the key is encrypted in a way that OpenSSL does not know" + unknown_type(reported) +
           "; re-encrypt it with 'openssl pkcs8 -topk8 -v2 aes-256-cbc'";
  }
  if (has(reported, ERR_LIB_EVP, EVP_R_UNSUPPORTED_PRIVATE_KEY_ALGORITHM)) {
    return "the key is of an algorithm that OpenSSL does not know" + unknown_type(reported) +
           "; use an EC or RSA key";
  }
  if (has(reported, ERR_LIB_EC, EC_R_UNKNOWN_GROUP)) {
    return "the key is of a curve that OpenSSL does not know" + unknown_type(reported) +
           "; use one such as prime256v1";
  }
  if (has(reported, ERR_LIB_PROV, PROV_R_BAD_DECRYPT) ||
      has(reported, ERR_LIB_PEM, PEM_R_BAD_DECRYPT) ||
      has(reported, ERR_LIB_PKCS12, PKCS12_R_PKCS12_CIPHERFINAL_ERROR)) {
    return "the key cannot be decrypted: the pass_phrase is not the one with which it was "
           "encrypted";
  }
  if (pass_phrase.asked) {
    return "the key cannot be read after decryption: its text is damaged, or the pass_phrase is "
           "not the one with which it was encrypted";
  }
  return content_refusal(pem);
}

}  // namespace

void FreePrivateKey::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

Result<PrivateKey> read_private_key(const X509& x509) {
  const auto refusal = [](const std::string& why) {
    return Error(Errc::bad_content, "x509: " + why);
  };
  if (x509.key.empty()) return refusal("the key is missing");
  if (x509.key.size() > INT_MAX) return refusal("the key is too long");
  const std::unique_ptr<BIO, decltype(&BIO_free)> source(
      BIO_new_mem_buf(x509.key.data(), static_cast<int>(x509.key.size())), &BIO_free);
  PassPhrase pass_phrase{x509.pass_phrase};
  ERR_clear_error();
  PrivateKey key(PEM_read_bio_PrivateKey(source.get(), nullptr, PassPhrase::give, &pass_phrase));
  wipe_stack();  // OpenSSL 3.0 leaves the pass phrase there.
  const std::vector<Reported> reported = take_reported();
  if (key) return key;
  return refusal(refusal_of(reported, pass_phrase, x509.key));
}

}  // namespace azure::iot::device
