#pragma once

#include <stdexcept>
#include <string>

#include "clients/cipher.hpp"
#include "iothub/models/message.hpp"
#include "iothub/models/method_request.hpp"
#include "pipeline/json/json.hpp"
#include "provisioning/models/registration_result.hpp"

// Converts the typed values of the vectors from and to the types of this library.
namespace azure::iot::device::conformance::wire {

// Thrown for a value of a type that the parameter does not take: no program with it compiles.
class CompileTimeRefusal : public std::runtime_error {
 public:
  CompileTimeRefusal(const std::string& what, const Json& value)
      : std::runtime_error(what + " takes no " + value.dump()) {}
};

// `what` names the parameter, for the refusal.
std::string to_text(const std::string& what, const Json& value);
int to_int(const std::string& what, const Json& value);
bool to_bool(const std::string& what, const Json& value);
std::chrono::seconds to_seconds(const std::string& what, const Json& value);
Cipher to_cipher(const std::string& what, const Json& value);
// Converts a document: null, a boolean, a number or a text stand for themselves.
Json to_document(const std::string& what, const Json& value);
// The members of a message; a text alone is its data.
Message to_message(const Json& value);

Json describe(const Message& message);
Json describe(const MethodRequest& request);
Json describe(const RegistrationResult& result);
// Writes a document as the recordings do: a number that JSON cannot hold is {"float": ...}.
bool same_document(const Json& recorded, const Json& actual);

}  // namespace azure::iot::device::conformance::wire
