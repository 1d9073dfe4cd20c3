#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "../../pipeline/auth/x509.hpp"
#include "../../pipeline/result.hpp"
#include "trust_store.hpp"

struct ssl_ctx_st;
struct ssl_session_st;

namespace azure::iot::device {

// Settings of TLS connections: the server to reach, the certificate authorities to trust, and the
// ciphers.
struct TlsSettings {
  std::string hostname;  // A name or an IP address. The certificate must be issued for it.
  std::string server_verification_cert;  // PEM. Empty means the system's trust store.
  std::string cipher = {};               // As in cipher_suites.hpp.

  friend auto operator<=>(const TlsSettings&, const TlsSettings&) = default;
};

struct FreeSession {
  void operator()(ssl_session_st* session) const;
};
using Session = std::unique_ptr<ssl_session_st, FreeSession>;

// Configures TLS connections to one host. TLS 1.2 or later is required. The server's certificate
// must be trusted and issued for that host. The ClientHello names the host, also if the connection
// is dialled by address. Can be used by several threads at once.
class TlsContext {
 public:
  // Returns the context for these settings. Callers with equal settings share one context while it
  // is in use, since reading the trusted certificates costs time and memory. Any thread.
  static Result<std::shared_ptr<TlsContext>> get(const TlsSettings& settings);
  // Creates a context that presents a client certificate, for one client. It shares the trusted
  // certificates.
  static Result<std::shared_ptr<TlsContext>> create(const TlsSettings& settings, const X509& x509);

  explicit TlsContext(std::string hostname);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  ssl_ctx_st* native() const { return context_; }
  // The session ticket from the server, for the next connection: it saves a part of the handshake.
  // Null if the server sent none.
  Session last_session() const;
  void keep_session(Session session);
  // The server name for the ClientHello; null for an IP address (RFC 6066 clause 3).
  const char* server_name() const { return names_host_ ? hostname_.c_str() : nullptr; }

 private:
  Error set_up(const TlsSettings& settings);
  Error trust(const std::string& server_verification_cert);

  std::string hostname_;
  bool names_host_;
  ssl_ctx_st* context_;
  TrustStore trusted_;
  mutable std::mutex mutex_;  // Guards the session.
  Session session_;
};

}  // namespace azure::iot::device
