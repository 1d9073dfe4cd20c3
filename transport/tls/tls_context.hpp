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

// Whom a TLS connection is to reach, whom it trusts, and with what it does both.
struct TlsSettings {
  std::string hostname;                  // A name or an IP address: what the certificate is for.
  std::string server_verification_cert;  // PEM; empty: the system's trust store.
  std::string cipher = {};               // As in cipher_suites.hpp.

  friend auto operator<=>(const TlsSettings&, const TlsSettings&) = default;
};

struct FreeSession {
  void operator()(ssl_session_st* session) const;
};
using Session = std::unique_ptr<ssl_session_st, FreeSession>;

// How TLS connections to one host are made: TLS 1.2 or later; the server's certificate must be
// trusted and be for that host, which the ClientHello names also where the connection is dialled by
// address. May be used by several threads at once.
class TlsContext {
 public:
  // The context for these settings. Those who ask for the same share one while somebody holds it,
  // since reading the trusted certificates costs time and memory. Any thread.
  static Result<std::shared_ptr<TlsContext>> get(const TlsSettings& settings);
  // One that presents a certificate, for one client alone. It shares the trusted certificates.
  static Result<std::shared_ptr<TlsContext>> create(const TlsSettings& settings, const X509& x509);

  explicit TlsContext(std::string hostname);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  ssl_ctx_st* native() const { return context_; }
  // What the server gave to come back with, for the next connection: saves a part of the handshake.
  // Null if it gave nothing.
  Session last_session() const;
  void keep_session(Session session);
  // For the server name of the ClientHello; none for an address (RFC 6066 clause 3).
  const char* server_name() const { return names_host_ ? hostname_.c_str() : nullptr; }

 private:
  Error set_up(const TlsSettings& settings);
  Error trust(const std::string& server_verification_cert);

  std::string hostname_;
  bool names_host_;
  ssl_ctx_st* context_;
  TrustStore trusted_;
  mutable std::mutex mutex_;  // Of the session.
  Session session_;
};

}  // namespace azure::iot::device
