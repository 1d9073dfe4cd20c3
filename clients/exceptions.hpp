#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "../pipeline/error.hpp"

// Exceptions that the calls of the clients throw. A bad argument is a std::invalid_argument
// instead, which names the argument and the rule.
//
//   try {
//     client.connect();
//   } catch (const CredentialError& e) {
//     std::cerr << e.what() << '\n';   // What happened, why, and what to do next.
//   } catch (const ConnectionFailedError&) {
//     // Try again later.
//   }
namespace azure::iot::device {

// Base of all of them. `what` describes the problem, the remedy and the chain of causes.
class IotError : public std::runtime_error {
 public:
  IotError(const std::string& text, Error error)
      : std::runtime_error(text), error_(std::move(error)) {}

  // The same as a value: its code, and its causes.
  const Error& error() const& noexcept { return error_; }
  Error error() const&& noexcept { return error_; }
  const Error& cause() const& noexcept { return error_.cause(); }
  Error cause() const&& noexcept { return error_.cause(); }

 private:
  Error error_;
};

// The operation was cancelled before it completed: by a disconnect, a shutdown, or another change
// of the connection.
class OperationCancelled : public IotError {
  using IotError::IotError;
};

// The operation did not complete before its deadline. It may still take effect.
class OperationTimeout : public IotError {
  using IotError::IotError;
};

// Something failed in the client, or the client was shut down. Base of the four exceptions below,
// as in Python.
class ClientError : public IotError {
  using IotError::IotError;
};

// No connection could be established. Another attempt may succeed.
class ConnectionFailedError : public ClientError {
  using ClientError::ClientError;
};

// The connection was lost while the operation ran.
class ConnectionDroppedError : public ClientError {
  using ClientError::ClientError;
};

// The operation needs a connection, there is none, and `auto_connect` is off.
class NoConnectionError : public ClientError {
  using ClientError::ClientError;
};

// The credential was refused. Another attempt with the same credential will fail too.
class CredentialError : public ClientError {
  using ClientError::ClientError;
};

// The service answered with an error.
class ServiceError : public IotError {
 public:
  using IotError::IotError;
  // Status of the answer, as in HTTP: 404, 429, 500.
  int status() const noexcept { return error().service_status(); }
};

namespace detail {

// Service that a client talks to.
enum class Service { iot_hub, provisioning };

// Returns the text of the exception for an error.
std::string exception_text(const Error& error, Service service = Service::iot_hub);

// Calls `f` with the exception that corresponds to an error, in its own type.
template <class F>
decltype(auto) with_exception(const Error& error, F&& f, Service service = Service::iot_hub) {
  const std::string text = exception_text(error, service);
  switch (error.code()) {
    case Errc::operation_cancelled: return f(OperationCancelled(text, error));
    case Errc::timed_out: return f(OperationTimeout(text, error));
    case Errc::connection_failed: return f(ConnectionFailedError(text, error));
    case Errc::connection_dropped: return f(ConnectionDroppedError(text, error));
    case Errc::no_connection: return f(NoConnectionError(text, error));
    case Errc::unauthorized: return f(CredentialError(text, error));
    case Errc::service: return f(ServiceError(text, error));
    default: return f(ClientError(text, error));
  }
}

[[noreturn]] void throw_error(const Error& error, Service service = Service::iot_hub);

}  // namespace detail
}  // namespace azure::iot::device
