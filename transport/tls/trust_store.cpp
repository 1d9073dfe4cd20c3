#include "transport/tls/trust_store.hpp"

#include <map>
#include <mutex>
#include <utility>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "pipeline/loop/process_wide.hpp"
#include "pipeline/text/quoted.hpp"
#include "transport/tls/certificates.hpp"

namespace azure::iot::device {
namespace {

Error openssl_error(std::string what) {
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  ERR_clear_error();
  return Error(Errc::tls_exchange_auth, std::move(what) + ": " + escaped(text));
}

Result<TrustStore> make_trust_store(const std::string& server_verification_cert) {
  const TrustStore store(X509_STORE_new(), &X509_STORE_free);
  if (!store) return openssl_error("OpenSSL made no store of certificates");
  if (server_verification_cert.empty()) {
    if (X509_STORE_set_default_paths(store.get()) == 1) return store;
    return openssl_error("the system's trusted certificates cannot be found");
  }
  const auto certificates = read_certificates(server_verification_cert, "server_verification_cert");
  if (!certificates) return certificates.error();
  for (const Certificate& certificate : *certificates) {
    if (X509_STORE_add_cert(store.get(), certificate.get()) != 1) {
      return openssl_error("server_verification_cert cannot be used");
    }
  }
  return store;
}

}  // namespace

Result<TrustStore> trust_store(const std::string& server_verification_cert) {
  struct Cache {
    std::mutex mutex;
    std::map<std::string, std::weak_ptr<x509_store_st>> stores;
  };
  Cache& cache = process_wide<Cache>();
  const std::lock_guard lock(cache.mutex);
  std::erase_if(cache.stores, [](const auto& entry) { return entry.second.expired(); });
  const auto known = cache.stores.find(server_verification_cert);
  if (known != cache.stores.end()) {
    if (TrustStore store = known->second.lock()) return store;
  }
  auto made = make_trust_store(server_verification_cert);
  if (made) cache.stores[server_verification_cert] = *made;
  return made;
}

}  // namespace azure::iot::device
