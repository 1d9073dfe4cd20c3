// The options that a program can name for each factory, asked of the compiler, beside the list of
// those that Python's factories take.
#include "tools/conformance/wire/hub_options.hpp"

#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>

#include "tools/conformance/wire/provisioning_options.hpp"

namespace azure::iot::device::conformance::wire {
namespace {

Json read_constants() {
  std::ifstream file(std::string(TEST_VECTORS_DIR) + "/wire/constants.json", std::ios::binary);
  return Json::parse_or_throw(std::string(std::istreambuf_iterator<char>(file), {}));
}

bool holds(const Json& list, std::string_view name) {
  for (const Json& each : list.elements()) {
    if (each == Json(name)) return true;
  }
  return false;
}

// Whether a program compiles that gives the option a value of that type.
#define AZURE_IOT_TAKES(Options, option, Type)                     \
  ([]<class T>(const T*) {                                         \
    return requires(const T& value) { Options{.option = value}; }; \
  }(static_cast<const Type*>(nullptr)))

template <class Options>
void refuses_other_types() {
  using Text = const char*;
  CHECK_FALSE(AZURE_IOT_TAKES(Options, keep_alive, int));
  CHECK_FALSE(AZURE_IOT_TAKES(Options, keep_alive, double));
  CHECK_FALSE(AZURE_IOT_TAKES(Options, keep_alive, bool));
  CHECK_FALSE(AZURE_IOT_TAKES(Options, keep_alive, Text));
  CHECK_FALSE(AZURE_IOT_TAKES(Options, keep_alive, std::nullptr_t));
  CHECK_FALSE(AZURE_IOT_TAKES(Options, keep_alive, std::chrono::milliseconds));
  CHECK_FALSE(AZURE_IOT_TAKES(Options, connection_retry_interval, int));
  CHECK_FALSE(AZURE_IOT_TAKES(Options, connection_retry_interval, double));
  CHECK_FALSE(AZURE_IOT_TAKES(Options, connection_retry_interval, Text));
  CHECK_FALSE(AZURE_IOT_TAKES(Options, product_info, int));
  CHECK_FALSE(AZURE_IOT_TAKES(Options, server_verification_cert, int));
  CHECK_FALSE(AZURE_IOT_TAKES(Options, cipher, int));
  CHECK_FALSE(AZURE_IOT_TAKES(Options, auto_connect, std::string));
  CHECK_FALSE(AZURE_IOT_TAKES(Options, connection_retry, std::string));
  CHECK_FALSE(AZURE_IOT_TAKES(Options, ensure_desired_properties, std::string));
  // The accepted forms compile, so the others are not refused for another reason.
  CHECK(AZURE_IOT_TAKES(Options, keep_alive, std::chrono::seconds));
  CHECK(AZURE_IOT_TAKES(Options, product_info, Text));
  CHECK(AZURE_IOT_TAKES(Options, auto_connect, bool));
  CHECK_FALSE(AZURE_IOT_TAKES(Options, keepalive, std::chrono::seconds));
}

// Each factory takes all of the options except those that are listed as not for it, under a key
// that begins so.
template <class Table, class Factories>
void takes_all_but_the_excluded(const Table& table, const Factories& factories,
                                const std::string& not_for) {
  const Json options = read_constants()["options"];
  for (const auto& row : table) {
    CAPTURE(row.name);
    for (std::size_t i = 0; i < factories.size(); ++i) {
      CAPTURE(factories[i]);
      const Json* excluded = options.find(not_for + std::string(factories[i]));
      CHECK(row.taken[i] == !(excluded && holds(*excluded, row.name)));
    }
  }
}

}  // namespace

TEST_CASE("Options: each factory takes those that Python's takes, and no others") {
  takes_all_but_the_excluded(kHubOptions, kFactories, "not_for_");
  takes_all_but_the_excluded(kProvisioningOptions, kProvisioningFactories, "provisioning_not_for_");
}

TEST_CASE("Options: what Python does not know does not compile") {
  for (const char* unknown : {"bogus", "model_id", "keepalive", "Websockets", "transport"}) {
    for (const std::string_view factory : kFactories) {
      CHECK(takes_option(factory, unknown) == false);
    }
  }
  for (const char* other : {"bogus", "auto_connect", "product_info", "connection_retry"}) {
    for (const std::string_view factory : kProvisioningFactories) {
      CHECK(takes_provisioning_option(factory, other) == false);
    }
  }
}

TEST_CASE("Options: a value of another type does not compile") {
  refuses_other_types<ConnectionStringOptions>();
  refuses_other_types<SymmetricKeyOptions>();
  refuses_other_types<SasTokenOptions>();
  refuses_other_types<X509Options>();
}

}  // namespace azure::iot::device::conformance::wire
