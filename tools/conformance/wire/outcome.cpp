#include "tools/conformance/wire/outcome.hpp"

#include <stdexcept>
#include <utility>

#include "clients/exceptions.hpp"
#include "tools/conformance/wire/values.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

Outcome failed(const char* type, const IotError& e) {
  return {.kind = Outcome::Kind::error,
          .result = {},
          .type = type,
          .code = e.error().code(),
          .cause = e.cause().code(),
          .text = e.what()};
}

}  // namespace

Json Outcome::describe() const {
  if (kind == Kind::blocked) return {{"blocked", true}};
  if (kind == Kind::error) {
    return {{"error",
             {{"type", type},
              {"code", std::string(to_string(code))},
              {"cause", std::string(to_string(cause))},
              {"message", text}}}};
  }
  return {{"ok", true}, {"result", result}};
}

Outcome outcome_of(const std::function<Json()>& call) {
  try {
    return {.kind = Outcome::Kind::ok, .result = call(), .type = {}, .text = {}};
  } catch (const CompileTimeRefusal&) {
    throw;
  } catch (const OperationCancelled& e) {
    return failed("OperationCancelled", e);
  } catch (const OperationTimeout& e) {
    return failed("OperationTimeout", e);
  } catch (const ConnectionFailedError& e) {
    return failed("ConnectionFailedError", e);
  } catch (const ConnectionDroppedError& e) {
    return failed("ConnectionDroppedError", e);
  } catch (const NoConnectionError& e) {
    return failed("NoConnectionError", e);
  } catch (const CredentialError& e) {
    return failed("CredentialError", e);
  } catch (const ServiceError& e) {
    return failed("ServiceError", e);
  } catch (const ClientError& e) {
    return failed("ClientError", e);
  } catch (const std::invalid_argument& e) {
    return {
        .kind = Outcome::Kind::error, .result = {}, .type = "invalid_argument", .text = e.what()};
  } catch (const std::exception& e) {
    return {.kind = Outcome::Kind::error, .result = {}, .type = "unexpected", .text = e.what()};
  }
}

}  // namespace azure::iot::device::conformance::wire
