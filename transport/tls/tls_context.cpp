#include "transport/tls/tls_context.hpp"

#include <map>
#include <mutex>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "pipeline/loop/process_wide.hpp"
#include "pipeline/text/quoted.hpp"
#include "transport/resolver.hpp"
#include "transport/tls/cipher_suites.hpp"
#include "transport/tls/client_certificate.hpp"
#include "transport/tls/verify_failure.hpp"

namespace azure::iot::device {
namespace {

TlsContext& context_of(const SSL* connection) {
  return *static_cast<TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
}

// Corrects the server name. libmosquitto sets it to the dialled address. This callback runs after
// that, and before the ClientHello is written.
void prepare_connection(const SSL* const_connection, int where, int) {
  if (!(where & SSL_CB_HANDSHAKE_START)) return;
  if (SSL_get_state(const_connection) != TLS_ST_BEFORE) return;
  SSL* const connection = const_cast<SSL*>(const_connection);
  const TlsContext& context = context_of(connection);
  // The call behind the macro SSL_set_tlsext_host_name; null removes the name.
  SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           const_cast<char*>(context.server_name()));
  if (const Session session = context.last_session()) SSL_set_session(connection, session.get());
}

int keep_new_session(SSL* connection, SSL_SESSION* session) {
  context_of(connection).keep_session(Session(session));
  return 1;  // Takes ownership.
}

// OpenSSL would free its globals at process exit, while other threads may still use them. It can be
// prevented only before any other call to OpenSSL.
SSL_CTX* make_context() {
  static const int told = OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
  return told == 1 ? SSL_CTX_new(TLS_client_method()) : nullptr;
}

Error openssl_error(std::string what) {
  char text[256];
  ERR_error_string_n(ERR_get_error(), text, sizeof text);
  ERR_clear_error();
  return Error(Errc::tls_exchange_auth, std::move(what) + ": " + escaped(text));
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::get(const TlsSettings& settings) {
  struct Cache {
    std::mutex mutex;
    std::map<TlsSettings, std::weak_ptr<TlsContext>> contexts;
  };
  Cache& cache = process_wide<Cache>();

  const std::lock_guard lock(cache.mutex);
  std::erase_if(cache.contexts, [](const auto& entry) { return entry.second.expired(); });
  auto& known = cache.contexts[settings];
  if (auto context = known.lock()) return context;
  auto context = std::make_shared<TlsContext>(settings.hostname);
  if (Error error = context->set_up(settings)) return error;
  known = context;
  return context;
}

Result<std::shared_ptr<TlsContext>> TlsContext::create(const TlsSettings& settings,
                                                       const X509& x509) {
  auto context = std::make_shared<TlsContext>(settings.hostname);
  if (Error error = context->set_up(settings)) return error;
  if (Error error = use_client_certificate(context->native(), x509)) return error;
  return context;
}

TlsContext::TlsContext(std::string hostname)
    : hostname_(std::move(hostname)),
      names_host_(!is_ip_address(hostname_)),
      context_(make_context()) {}

void FreeSession::operator()(ssl_session_st* session) const { SSL_SESSION_free(session); }

Session TlsContext::last_session() const {
  const std::lock_guard lock(mutex_);
  if (!session_ || SSL_SESSION_is_resumable(session_.get()) != 1) return nullptr;
  // A copy, since a connection that fails marks its session.
  return Session(SSL_SESSION_dup(session_.get()));
}

void TlsContext::keep_session(Session session) {
  const std::lock_guard lock(mutex_);
  session_ = std::move(session);
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Error TlsContext::set_up(const TlsSettings& settings) {
  if (!context_) return openssl_error("OpenSSL made no TLS context");
  SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
  SSL_CTX_set_options(context_, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS);
  // One read fetches everything that has arrived. The reader must continue until nothing is left in
  // OpenSSL's buffer.
  SSL_CTX_set_read_ahead(context_, 1);
  SSL_CTX_set_app_data(context_, this);
  SSL_CTX_set_info_callback(context_, prepare_connection);
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_, keep_new_session);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, note_verify_failure);

  X509_VERIFY_PARAM* const rules = SSL_CTX_get0_param(context_);
  X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int host_set = names_host_
                           ? X509_VERIFY_PARAM_set1_host(rules, hostname_.data(), hostname_.size())
                           : X509_VERIFY_PARAM_set1_ip_asc(rules, hostname_.c_str());
  if (host_set != 1) return openssl_error("hostname " + hostname_ + " cannot be verified");
  if (Error error = use_cipher_suites(context_, settings.cipher)) return error;
  return trust(settings.server_verification_cert);
}

Error TlsContext::trust(const std::string& server_verification_cert) {
  auto store = trust_store(server_verification_cert);
  if (!store) return store.error();
  trusted_ = *std::move(store);
  SSL_CTX_set1_cert_store(context_, trusted_.get());
  return {};
}

}  // namespace azure::iot::device
