#include "transport/tls/private_key.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include "pipeline/auth/base64.hpp"
#include "tests/support/test_certificates.hpp"

namespace azure::iot::device {
namespace {

const std::string kPassPhrase = "a fake pass phrase";

const std::string& plain_key() {
  static const std::string made = test::make_server_certificate().key;
  return made;
}

// The reason why it is not read; empty if it is.
std::string refusal(std::string key, std::string pass_phrase = kPassPhrase) {
  const auto read = read_private_key({{}, std::move(key), std::move(pass_phrase)});
  if (read) return {};
  CHECK(read.error().code() == Errc::bad_content);
  CHECK(read.error().detail().find(kPassPhrase) == std::string::npos);
  return read.error().detail();
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string block(std::string_view label, const std::string& bytes) {
  return "-----BEGIN " + std::string(label) + "-----\n" + encode_base64(bytes) + "\n-----END " +
         std::string(label) + "-----\n";
}

std::string sequence(const std::string& content) {
  return std::string("\x30") + static_cast<char>(content.size()) + content;
}

// An unassigned object identifier: 1.3.6.1.4.1.51483.1.
const std::string kUnknown("\x06\x09\x2b\x06\x01\x04\x01\x83\x92\x1b\x01", 11);

// Encrypts with legacy algorithms, in an OpenSSL library context of its own that has them.
class Legacy {
 public:
  Legacy()
      : library_(OSSL_LIB_CTX_new()),
        legacy_(OSSL_PROVIDER_load(library_, "legacy")),
        usual_(OSSL_PROVIDER_load(library_, "default")) {}
  ~Legacy() {
    OSSL_PROVIDER_unload(legacy_);
    OSSL_PROVIDER_unload(usual_);
    OSSL_LIB_CTX_free(library_);
  }
  bool available() const { return legacy_ && usual_; }

  // PKCS#8 by a method of PKCS#5 1.5 or PKCS#12 (a number), or by a cipher with PBKDF2.
  std::string encrypt(int method, const char* cipher_name = nullptr) const {
    BIO* const source = BIO_new_mem_buf(plain_key().data(), static_cast<int>(plain_key().size()));
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(source, nullptr, nullptr, nullptr);
    PKCS8_PRIV_KEY_INFO* const info = EVP_PKEY2PKCS8(key);
    EVP_CIPHER* const cipher =
        cipher_name ? EVP_CIPHER_fetch(library_, cipher_name, nullptr) : nullptr;
    unsigned char salt[] = "salt567";
    X509_SIG* const sealed =
        PKCS8_encrypt_ex(method, cipher, kPassPhrase.data(), static_cast<int>(kPassPhrase.size()),
                         salt, sizeof salt, 1000, info, library_, nullptr);
    REQUIRE(sealed);
    BIO* const target = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8(target, sealed);
    char* text = nullptr;
    const long size = BIO_get_mem_data(target, &text);
    std::string pem(text, static_cast<std::size_t>(size));
    BIO_free(target);
    X509_SIG_free(sealed);
    EVP_CIPHER_free(cipher);
    PKCS8_PRIV_KEY_INFO_free(info);
    EVP_PKEY_free(key);
    BIO_free(source);
    return pem;
  }

 private:
  OSSL_LIB_CTX* library_;
  OSSL_PROVIDER* legacy_;
  OSSL_PROVIDER* usual_;
};

}  // namespace

TEST_CASE("Private key: an encryption of the legacy provider is named, not the pass phrase") {
  const Legacy legacy;
  if (!legacy.available()) return;  // OpenSSL was built without it.
  const auto check = [](const std::string& key, std::string_view cipher) {
    CAPTURE(cipher);
    for (const std::string& pass_phrase : {kPassPhrase, std::string("another")}) {
      const std::string told = refusal(key, pass_phrase);
      CHECK(told.starts_with("x509: the key is encrypted with " + std::string(cipher)));
      CHECK(contains(told, "only in its legacy provider"));
      CHECK(contains(told, "openssl pkcs8 -topk8 -v2 aes-256-cbc"));
      CHECK_FALSE(contains(told, "pass_phrase is not"));
    }
    CHECK(contains(refusal(key, ""), "the key is encrypted, and there is no pass_phrase"));
  };
  check(legacy.encrypt(NID_pbeWithMD5AndDES_CBC), "DES or RC2 and a pass phrase hashed by MD5");
  check(legacy.encrypt(NID_pbe_WithSHA1And40BitRC2_CBC), "RC2");
  check(legacy.encrypt(-1, "DES-CBC"), "DES");
  check(legacy.encrypt(-1, "RC2-CBC"), "RC2");
  // The format before PKCS#8. It is never decrypted, so its content does not matter.
  check(
      "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,"
      "0011223344556677\n\n" +
          encode_base64(std::string(48, 'x')) + "\n-----END EC PRIVATE KEY-----\n",
      "DES");
}

TEST_CASE("Private key: each cipher of the legacy provider is named in the format of old, too") {
  const auto text_of = [](const std::string& cipher,
                          const std::string& initial = "0011223344556677") {
    return refusal("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: " + cipher +
                   ',' + initial + "\n\n" + encode_base64(std::string(48, 'x')) +
                   "\n-----END EC PRIVATE KEY-----\n");
  };
  struct Case {
    std::string cipher;
    std::string name;
    std::string initial = "0011223344556677";
  };
  for (const Case& c :
       {Case{"DESX-CBC", "DESX"}, Case{"RC2-CBC", "RC2"}, Case{"BF-CBC", "BF"},
        Case{"CAST5-CBC", "CAST"}, Case{"SEED-CBC", "SEED", "00112233445566778899aabbccddeeff"}}) {
    CAPTURE(c.cipher);
    if (!EVP_get_cipherbyname(c.cipher.c_str())) continue;  // OpenSSL was built without it.
    const std::string told = text_of(c.cipher, c.initial);
    CAPTURE(told);
    CHECK(told.starts_with("x509: the key is encrypted with " + c.name + ", which"));
    CHECK(contains(told, "only in its legacy provider"));
  }
  CHECK_FALSE(contains(text_of("DES-EDE3-CBC"), "legacy provider"));
}

TEST_CASE("Private key: a pass phrase may have 1,024 bytes, and not one more") {
  const std::string longest(1024, 'x');
  for (const bool of_old : {false, true}) {
    CAPTURE(of_old);
    const std::string key = of_old ? test::encrypt_key_as_of_old(plain_key(), longest)
                                   : test::encrypt_key(plain_key(), longest);
    CHECK(refusal(key, longest) == "");
    CHECK(contains(refusal(key, longest + 'x'), "longer than the 1024 bytes"));
  }
}

TEST_CASE("Private key: an encryption that OpenSSL has asks for the right pass phrase") {
  const Legacy legacy;
  std::vector<std::string> keys{test::encrypt_key(plain_key(), kPassPhrase),
                                test::encrypt_key_as_of_old(plain_key(), kPassPhrase)};
  if (legacy.available()) {
    keys.push_back(legacy.encrypt(NID_pbe_WithSHA1And3_Key_TripleDES_CBC));
  }
  for (const std::string& key : keys) {
    CHECK(refusal(key) == "");
    CHECK(contains(refusal(key, "another"), "pass_phrase"));
    CHECK(contains(refusal(key, ""), "encrypted, and there is no pass_phrase"));
    CHECK(contains(refusal(key, std::string(1025, 'x')), "longer than the 1024 bytes"));
  }
}

TEST_CASE("Private key: an unknown encryption, algorithm or curve is named as such") {
  const std::string null_parameters("\x05\x00", 2);
  const std::string octets = std::string("\x04\x20") + std::string(32, 'x');
  CHECK(contains(refusal(block("ENCRYPTED PRIVATE KEY",
                               sequence(sequence(kUnknown + null_parameters) + octets))),
                 "encrypted in a way that OpenSSL does not know (1.3.6.1.4.1.51483.1)"));
  CHECK(contains(refusal("-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
                         "NONE-CBC,0011223344556677\n\neHh4eHh4\n-----END EC PRIVATE KEY-----\n"),
                 "encrypted in a way that OpenSSL does not know"));
  const std::string version("\x02\x01\x00", 3);
  CHECK(contains(refusal(block("PRIVATE KEY", sequence(version + sequence(kUnknown) + octets))),
                 "of an algorithm that OpenSSL does not know (1.3.6.1.4.1.51483.1)"));
  const std::string ec_key("\x06\x07\x2a\x86\x48\xce\x3d\x02\x01", 9);
  const std::string inner = sequence("\x02\x01\x01" + octets);
  CHECK(contains(
      refusal(block("PRIVATE KEY", sequence(version + sequence(ec_key + kUnknown) + '\x04' +
                                            static_cast<char>(inner.size()) + inner))),
      "of a curve that OpenSSL does not know"));
}

TEST_CASE("Private key: a text that holds no key says what it holds, or that it is damaged") {
  const auto made = test::make_server_certificate();
  CHECK(contains(refusal(made.certificate), "its text holds no private key, but \"CERTIFICATE\""));
  CHECK(contains(refusal(block("PUBLIC KEY", "x")), "no private key, but \"PUBLIC KEY\""));
  CHECK(contains(refusal(block("OPENSSH PRIVATE KEY", "openssh-key-v1")),
                 "in the format of OpenSSH; convert it"));
  CHECK(contains(refusal(block("PRIVATE KEY", "secret")), "this text is damaged"));
  CHECK(contains(refusal("-----BEGIN \x1b[2J" + std::string(10'000, 'x') + "-----\n"), "\\x1b[2J"));
  CHECK(refusal("-----BEGIN \x1b[2J" + std::string(10'000, 'x') + "-----\n").size() < 200);
  const std::string& key = plain_key();
  CHECK(contains(refusal(key.substr(0, key.find("-----END"))), "damaged, its end is missing"));
  std::string flipped = key;
  flipped.replace(flipped.find('\n') + 1, 8, "AAAAAAAA");
  CHECK(contains(refusal(flipped), "the key cannot be read"));
  CHECK(contains(refusal(""), "the key is missing"));
}

}  // namespace azure::iot::device
