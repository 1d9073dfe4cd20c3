#include "pipeline/error.hpp"

#include <new>

#include "pipeline/text/quoted.hpp"

namespace azure::iot::device {

struct Error::Info {
  std::string detail;
  Error cause;
  int service_status;
};

Error::Error(Errc code, std::string detail, Error cause) noexcept : code_(code) {
  try {
    info_ =
        std::make_shared<const Info>(Info{escaped(detail, std::string::npos), std::move(cause), 0});
  } catch (const std::bad_alloc&) {
  }
}

Error::Error(Errc code, const char* detail, Error cause) noexcept : code_(code) {
  try {
    info_ =
        std::make_shared<const Info>(Info{escaped(detail, std::string::npos), std::move(cause), 0});
  } catch (const std::bad_alloc&) {
  }
}

// Both empty values are never destroyed: threads may read an error while the process ends.
const std::string& Error::detail() const& {
  static const std::string& none = *new std::string;
  return info_ ? info_->detail : none;
}

const Error& Error::cause() const& {
  static const Error& none = *new Error;
  return info_ ? info_->cause : none;
}

int Error::service_status() const { return info_ ? info_->service_status : 0; }

Error Error::with_service_status(int status) const {
  Error copy = *this;
  copy.info_ = std::make_shared<const Info>(Info{detail(), cause(), status});
  return copy;
}

std::string Error::describe() const {
  std::string text(to_string(code_));
  if (!detail().empty()) text += ": " + detail();
  if (cause()) text += " (because of " + cause().describe() + ")";
  return text;
}

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::ok: return "ok";
    case Errc::operation_cancelled: return "operation_cancelled";
    case Errc::timed_out: return "timed_out";
    case Errc::operation_error: return "operation_error";
    case Errc::pipeline_not_running: return "pipeline_not_running";
    case Errc::pipeline_runtime: return "pipeline_runtime";
    case Errc::connection_failed: return "connection_failed";
    case Errc::connection_dropped: return "connection_dropped";
    case Errc::no_connection: return "no_connection";
    case Errc::unauthorized: return "unauthorized";
    case Errc::protocol_client: return "protocol_client";
    case Errc::tls_exchange_auth: return "tls_exchange_auth";
    case Errc::protocol_proxy: return "protocol_proxy";
    case Errc::service: return "service";
    case Errc::sas_token: return "sas_token";
    case Errc::bad_content: return "bad_content";
    case Errc::abandoned: return "abandoned";
    case Errc::user_stage: return "user_stage";
    case Errc::user_handler: return "user_handler";
    case Errc::user_policy: return "user_policy";
  }
  return "unknown";
}

bool is_transient(const Error& error) {
  switch (error.code()) {
    case Errc::operation_cancelled:
    case Errc::timed_out:
    case Errc::operation_error:
    case Errc::connection_failed:
    case Errc::connection_dropped:
    case Errc::tls_exchange_auth: return true;
    default: return false;
  }
}

}  // namespace azure::iot::device
