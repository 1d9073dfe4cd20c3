#include "tests/support/test_certificates.hpp"

#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace azure::iot::device::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

void require(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL did not make a certificate for the test");
}

void spell_out_curve(EVP_PKEY* key) {
  require(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING,
                                         OSSL_PKEY_EC_ENCODING_EXPLICIT) == 1);
}

Key make_key(const std::string& kind) {
  constexpr std::string_view kExplicit = ", explicit";
  if (kind.ends_with(kExplicit)) {
    Key key = make_key(kind.substr(0, kind.size() - kExplicit.size()));
    spell_out_curve(key.get());
    return key;
  }
  EVP_PKEY* const key = kind == "RSA"       ? EVP_RSA_gen(2048)
                        : kind == "ED25519" ? EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")
                                            : EVP_EC_gen(kind.c_str());
  require(key != nullptr);
  return {key, &EVP_PKEY_free};
}

Key read_key(const std::string& text) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> source(
      BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free);
  return {PEM_read_bio_PrivateKey(source.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free};
}

void add_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  require(extension != nullptr);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate make_unsigned(const std::string& name, EVP_PKEY* key, long serial, long from,
                          long until) {
  Certificate certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), until);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate.get()), NID_commonName,
                             MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()),
                             -1, -1, 0);
  return certificate;
}

template <class Write>
std::string to_pem(const Write& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> target(BIO_new(BIO_s_mem()), &BIO_free);
  require(write(target.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(target.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

std::string pem_of(X509* certificate) {
  return to_pem([&](BIO* target) { return PEM_write_bio_X509(target, certificate); });
}

}  // namespace

std::string encrypt_key(const std::string& key, const std::string& pass_phrase) {
  const Key plain = read_key(key);
  return to_pem([&](BIO* target) {
    return PEM_write_bio_PKCS8PrivateKey(target, plain.get(), EVP_aes_256_cbc(), pass_phrase.data(),
                                         static_cast<int>(pass_phrase.size()), nullptr, nullptr);
  });
}

std::string encrypt_key_as_of_old(const std::string& key, const std::string& pass_phrase) {
  const Key plain = read_key(key);
  return to_pem([&](BIO* target) {
    return PEM_write_bio_PrivateKey_traditional(
        target, plain.get(), EVP_aes_256_cbc(),
        reinterpret_cast<const unsigned char*>(pass_phrase.data()),
        static_cast<int>(pass_phrase.size()), nullptr, nullptr);
  });
}

std::string spell_out_curve(const std::string& key) {
  const Key explicit_key = read_key(key);
  spell_out_curve(explicit_key.get());
  return to_pem([&](BIO* target) {
    return PEM_write_bio_PrivateKey(target, explicit_key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr);
  });
}

struct TestCa::Impl {
  explicit Impl(const std::string& common_name)
      : certificate(make_unsigned(common_name, key.get(), 1, -7200, 7200)) {}
  Key key = make_key("P-256");
  Certificate certificate;
};

TestCa::TestCa(const std::string& common_name) : TestCa(std::make_unique<Impl>(common_name)) {
  sign(*this);
}

TestCa::TestCa(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TestCa::TestCa(TestCa&& other) noexcept = default;
TestCa::~TestCa() = default;

TestCa TestCa::make_intermediate(const std::string& common_name) const {
  TestCa made(std::make_unique<Impl>(common_name));
  made.sign(*this);
  return made;
}

void TestCa::sign(const TestCa& issuer) {
  X509* const ca = impl_->certificate.get();
  X509_set_issuer_name(ca, X509_get_subject_name(issuer.impl_->certificate.get()));
  add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(ca, ca, NID_subject_key_identifier, "hash");
  require(X509_sign(ca, issuer.impl_->key.get(), EVP_sha256()) > 0);
}

std::string TestCa::certificate() const { return pem_of(impl_->certificate.get()); }

ServerCertificate TestCa::issue(const CertificateOptions& options) const {
  X509* const ca = impl_->certificate.get();
  const Key key = make_key(options.key);
  const Certificate server =
      make_unsigned(options.common_name, key.get(), 2, options.from, options.until);
  X509_set_issuer_name(server.get(), X509_get_subject_name(ca));
  if (options.not_before) {
    require(ASN1_TIME_set_string(X509_getm_notBefore(server.get()), options.not_before) == 1);
  }
  if (options.not_after) {
    require(ASN1_TIME_set_string(X509_getm_notAfter(server.get()), options.not_after) == 1);
  }
  if (!options.alternative_names.empty()) {
    add_extension(server.get(), ca, NID_subject_alt_name, options.alternative_names);
  }
  require(X509_sign(server.get(), impl_->key.get(), EVP_sha256()) > 0);

  return {certificate(), pem_of(server.get()), to_pem([&](BIO* target) {
            return PEM_write_bio_PrivateKey(target, key.get(), nullptr, nullptr, 0, nullptr,
                                            nullptr);
          })};
}

}  // namespace azure::iot::device::test
