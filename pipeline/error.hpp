#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace azure::iot::device {

// What went wrong, as far as the caller has to decide what to do next. The names in brackets are
// those of the Python SDK's exceptions.
enum class Errc {
  ok,
  operation_cancelled,   // Given up by the user or by a shutdown (OperationCancelled).
  timed_out,             // A deadline passed (OperationTimeout).
  operation_error,       // The operation makes no sense here (OperationError).
  pipeline_not_running,  // The pipeline was shut down (PipelineNotRunning).
  pipeline_runtime,      // The chain has no stage for it (PipelineRuntimeError).
  connection_failed,     // No connection could be made (ConnectionFailedError).
  connection_dropped,    // A connection was lost (ConnectionDroppedError).
  no_connection,         // There is no connection (NoConnectionError).
  unauthorized,          // The credential was refused (UnauthorizedError).
  protocol_client,    // The other side, or the library, broke the protocol (ProtocolClientError).
  tls_exchange_auth,  // The server's certificate is not trusted (TlsExchangeAuthError).
  protocol_proxy,     // The proxy refused (ProtocolProxyError).
  service,            // The service answered with an error status (ServiceError).
  sas_token,          // A token could not be made or read (SasTokenError).
  bad_content,        // A topic, a body or a number cannot be read, or may not be sent.
  abandoned,          // An operation was dropped without being completed: a defect in a stage.
  user_stage,         // A stage of the user threw.
  user_handler,       // A handler of the user threw or fell behind, or nobody takes what came.
  user_policy,        // A policy of the user threw.
};

// The name of an error code as it stands in logs: "connection_failed".
std::string_view to_string(Errc code);

// An error as a value: a code to act on, a text for people, and what the layer below said. Costs
// two words, and no allocation, while there is no error. Where memory has run out an error keeps
// its code and loses the rest, so that it can be made, copied and passed on at any time. Never
// branch on `detail`.
class Error {
 public:
  Error() = default;
  Error(Errc code) : code_(code) {}  // NOLINT: an error code is an error.
  Error(Errc code, std::string detail) noexcept : Error(code, std::move(detail), Error{}) {}
  Error(Errc code, std::string detail, Error cause) noexcept;
  Error(Errc code, const char* detail) noexcept : Error(code, detail, Error{}) {}
  Error(Errc code, const char* detail, Error cause) noexcept;

  // True if something went wrong.
  explicit operator bool() const { return code_ != Errc::ok; }
  Errc code() const { return code_; }

  // One sentence for people, without secrets; empty if there is nothing to add to the code. It
  // holds no control characters: those of its parts have been escaped.
  const std::string& detail() const&;
  std::string detail() const&& { return detail(); }
  // What the layer below said; an Error that is not an error if nothing is known.
  const Error& cause() const&;
  Error cause() const&& { return cause(); }
  // The status with which a service answered; 0 if none did.
  int service_status() const;
  Error with_service_status(int status) const;

  // Everything in one line: code, detail and the chain of causes.
  std::string describe() const;

 private:
  struct Info;
  Errc code_ = Errc::ok;
  std::shared_ptr<const Info> info_;
};

// Whether an attempt that failed like this may be tried again: the link, not the credential or the
// request, was at fault. The one place where that is decided. (Python: transient_connect_errors.)
bool is_transient(const Error& error);

}  // namespace azure::iot::device
