#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace azure::iot::device {

// The kind of an error: it tells the caller how to react. The names in brackets are those of the
// Python SDK's exceptions.
enum class Errc {
  ok,
  operation_cancelled,   // Cancelled by the application or by a shutdown (OperationCancelled).
  timed_out,             // A deadline passed (OperationTimeout).
  operation_error,       // The operation is not valid in this state (OperationError).
  pipeline_not_running,  // The pipeline was shut down (PipelineNotRunning).
  pipeline_runtime,      // No stage handles the operation (PipelineRuntimeError).
  connection_failed,     // No connection could be established (ConnectionFailedError).
  connection_dropped,    // A connection was lost (ConnectionDroppedError).
  no_connection,         // There is no connection (NoConnectionError).
  unauthorized,          // The credential was refused (UnauthorizedError).
  protocol_client,       // The server or the library violated the protocol (ProtocolClientError).
  tls_exchange_auth,     // The server's certificate is not trusted (TlsExchangeAuthError).
  protocol_proxy,        // The proxy refused (ProtocolProxyError).
  service,               // The service answered with an error status (ServiceError).
  sas_token,             // A token could not be created or parsed (SasTokenError).
  bad_content,           // A topic, a body or a number is malformed, or must not be sent.
  abandoned,             // A stage destroyed an operation without completing it: a defect.
  user_stage,            // A stage of the application threw.
  user_handler,          // A handler threw or fell behind, or an item has no receiver.
  user_policy,           // A policy of the application threw.
};

// Returns the name of an error code as logs show it: "connection_failed".
std::string_view to_string(Errc code);

// An error as a value: a code to act on, a text for people, and the cause reported by the layer
// below. Without an error it takes three words and no allocation. If memory has run out, an error
// keeps its code and loses the rest, so creating, copying and passing one on never fails. Never
// branch on `detail`.
class Error {
 public:
  Error() = default;
  Error(Errc code) : code_(code) {}  // NOLINT: an error code is an error.
  Error(Errc code, std::string detail) noexcept : Error(code, std::move(detail), Error{}) {}
  Error(Errc code, std::string detail, Error cause) noexcept;
  Error(Errc code, const char* detail) noexcept : Error(code, detail, Error{}) {}
  Error(Errc code, const char* detail, Error cause) noexcept;

  // True if there is an error.
  explicit operator bool() const { return code_ != Errc::ok; }
  Errc code() const { return code_; }

  // One sentence for people, without secrets. Empty if there is nothing to add to the code. Control
  // characters are escaped.
  const std::string& detail() const&;
  std::string detail() const&& { return detail(); }
  // The error that the layer below reported; `Errc::ok` if none is known.
  const Error& cause() const&;
  Error cause() const&& { return cause(); }
  // The error status in the service's response; 0 if there was no response.
  int service_status() const;
  Error with_service_status(int status) const;

  // Returns code, detail and the chain of causes in one line.
  std::string describe() const;

 private:
  struct Info;
  Errc code_ = Errc::ok;
  std::shared_ptr<const Info> info_;
};

// Returns whether an attempt that failed with this error may be retried: the link was at fault, not
// the credential or the request. This is the only place that decides it. (Python:
// transient_connect_errors.)
bool is_transient(const Error& error);

}  // namespace azure::iot::device
