// Searches the memory of this process for keys and tokens that it has used.
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include "clients/enrollment_group.hpp"
#include "clients/iothub_device_client.hpp"
#include "clients/iothub_module_client.hpp"
#include "clients/managed_device.hpp"
#include "clients/provisioning_device_client.hpp"
#include "pipeline/auth/base64.hpp"
#include "pipeline/auth/connection_string.hpp"
#include "pipeline/auth/sastoken.hpp"
#include "pipeline/auth/symmetric_key.hpp"
#include "pipeline/auth/wipe.hpp"
#include "transport/mqtt/connection_attempt.hpp"
#include "wiping/masked.hpp"

namespace azure::iot::device::test {
namespace {
using namespace std::chrono_literals;

// A text with a secret in it, in one place, which is wiped when this dies.
class SecretText {
 public:
  SecretText(std::string_view before, const Masked& secret, std::string_view behind = {}) {
    std::string plain;
    secret.write_to(plain);
    text_.reserve(512);
    text_.append(before).append(plain).append(behind);
    wipe(plain);
  }
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  ~SecretText() { wipe(text_); }
  operator std::string_view() const { return text_; }

 private:
  std::string text_;
};

// As in wiping_test.cpp: the first use leaves traces of the dynamic linker's.
template <class Use>
void use_twice(const Use& use) {
  use(Masked());
  const Masked secret;
  use(secret);
  CHECK(secret.count_in_memory() == 0);
}

constexpr std::string_view kHub = "HostName=h;DeviceId=d;SharedAccessKey=";
constexpr std::string_view kTokenBegin = "SharedAccessSignature sr=h%2Fdevices%2Fd&sig=";
constexpr std::string_view kTokenEnd = "&se=4102444800";

TEST_CASE("Wiping: the key of a connection string is nowhere once that has been read") {
  use_twice([](const Masked& key) {
    const SecretText text(kHub, key);
    {
      const ConnectionString parts(text);
      CHECK(key.count_in_memory() == 2);
    }
    CHECK(key.count_in_memory() == 1);  // That of the application.
    for (const std::string_view wrong :
         {"HostName=h;SharedAccessKey=", "x;SharedAccessKey=", "DeviceId=d;SharedAccessKey="}) {
      const SecretText refused(wrong, key);
      CHECK_THROWS_AS(ConnectionString{refused}, std::invalid_argument);
      CHECK(key.count_in_memory() == 2);
    }
    const SecretText twice("HostName=h;DeviceId=d;SharedAccessKey=", key, ";HostName=h");
    CHECK_THROWS_AS(ConnectionString{twice}, std::invalid_argument);
    CHECK(key.count_in_memory() == 2);
  });
}

TEST_CASE("Wiping: the text of a key is nowhere once a client has been made of it") {
  use_twice([](const Masked& key) {
    const SecretText text(kHub, key);
    const auto device = IoTHubDeviceClient::create_from_connection_string(text);
    const SecretText of_module("HostName=h;DeviceId=d;ModuleId=m;SharedAccessKey=", key);
    const auto module = IoTHubModuleClient::create_from_connection_string(of_module);
    const SecretText alone("", key);
    const auto by_key = IoTHubDeviceClient::create_from_symmetric_key(alone, "h", "d");
    const auto provisioning =
        ProvisioningDeviceClient::create_from_symmetric_key("h", "r", "s", alone);
    CHECK(derive_device_key(alone, "r").size() == 44);
    CHECK(key.count_in_memory() == 3);  // Those of the application.
  });
}

TEST_CASE("Wiping: a managed device keeps the text of its key in one place, while it lives") {
  use_twice([](const Masked& key) {
    const SecretText alone("", key);
    {
      const auto device = ManagedDevice::create_from_symmetric_key("h", "r", "s", alone);
      CHECK(key.count_in_memory() == 2);
    }
    CHECK(key.count_in_memory() == 1);
  });
}

TEST_CASE("Wiping: the key itself is nowhere once the client is gone") {
  use_twice([](const Masked& key) {
    std::string plain;
    key.write_to(plain);
    const std::string text = encode_base64(plain);
    wipe(plain);
    {
      const auto device = IoTHubDeviceClient::create_from_symmetric_key(text, "h", "d");
      CHECK(key.count_in_memory() == 1);
      const auto provisioning =
          ProvisioningDeviceClient::create_from_symmetric_key("h", "r", "s", text);
      CHECK(key.count_in_memory() == 2);
    }
    CHECK(key.count_in_memory() == 0);
    derive_device_key(text, "r");
  });
}

// The signing key is the secret that the test searches for.
class Signer final : public SigningMechanism {
 public:
  explicit Signer(const Masked& first) : next_(&first) {}
  void sign_with(const Masked& next) { next_ = &next; }
  Result<std::string> sign(std::string_view) override {
    std::string signature;
    next_->write_to(signature);
    return signature;
  }

 private:
  const Masked* next_;
};

TEST_CASE("Wiping: a token is nowhere once it has been renewed, or is gone") {
  use_twice([](const Masked& first) {
    const Masked second;
    const auto signer = std::make_shared<Signer>(first);
    {
      RenewableSasToken token("h/devices/d", signer, "policy", 1h);
      CHECK_FALSE(token.refresh(WallTime(1'000'000s)));
      CHECK(first.count_in_memory() == 1);
      signer->sign_with(second);
      CHECK_FALSE(token.refresh(WallTime(1'003'000s)));
      CHECK(first.count_in_memory() == 0);
      CHECK(second.count_in_memory() == 1);
    }
    CHECK(second.count_in_memory() == 0);
  });
}

TEST_CASE("Wiping: a token of the application is nowhere once it was replaced, or refused") {
  use_twice([](const Masked& first) {
    const Masked second;
    {
      const SecretText token(kTokenBegin, first, kTokenEnd);
      auto parsed = NonRenewableSasToken::parse(token);
      REQUIRE(parsed);
      CHECK(first.count_in_memory() == 2);
    }
    CHECK(first.count_in_memory() == 0);
    {
      const SecretText expired(kTokenBegin, first, "&se=1");
      CHECK_THROWS_AS(IoTHubDeviceClient::create_from_sastoken(expired), std::invalid_argument);
      const SecretText incomplete(kTokenBegin, first);
      CHECK_THROWS_AS(IoTHubDeviceClient::create_from_sastoken(incomplete), std::invalid_argument);
      CHECK(first.count_in_memory() == 2);
    }
    CHECK(first.count_in_memory() == 0);
  });
}

// Beside those of libmosquitto, which are beyond reach.
TEST_CASE("Wiping: a connect keeps its token in one place, and none once it is over") {
  use_twice([](const Masked& token) {
    std::optional<ConnectionAttempt> attempt;
    {
      std::optional<std::string> password(std::in_place);
      token.write_to(*password);
      attempt.emplace(std::move(password), kNever);
    }
    CHECK(token.count_in_memory() == 1);
    attempt.reset();
    CHECK(token.count_in_memory() == 0);
  });
}

}  // namespace
}  // namespace azure::iot::device::test
