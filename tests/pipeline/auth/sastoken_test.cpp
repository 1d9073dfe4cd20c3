#include "pipeline/auth/sastoken.hpp"

#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "pipeline/auth/symmetric_key.hpp"

namespace azure::iot::device {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr sys_seconds kNow{1'700'000'000s};

// Returns the data as its signature, or fails if `fails` is set.
struct ScriptedSigningMechanism : SigningMechanism {
  Result<std::string> sign(std::string_view data) override {
    if (fails) return Error(Errc::user_stage, "the hardware is gone");
    return std::string(data);
  }
  bool fails = false;
};

}  // namespace

TEST_CASE("RenewableSasToken: a refresh counts from the time it is given") {
  RenewableSasToken token("hub/devices/d", std::make_shared<ScriptedSigningMechanism>(), "", 3600s);
  CHECK(token.renewable());
  CHECK(token.text().empty());
  CHECK_FALSE(token.refresh(kNow + 999ms));
  CHECK(token.expiry() == kNow + 3600s);
  CHECK(token.text() ==
        "SharedAccessSignature sr=hub%2Fdevices%2Fd&sig=hub%252Fdevices%252Fd%0A1700003600"
        "&se=1700003600");
  CHECK_FALSE(token.refresh(kNow + 10s));
  CHECK(token.expiry() == kNow + 3610s);
}

TEST_CASE("RenewableSasToken: a signature that fails leaves the new expiry with the old text") {
  auto mechanism = std::make_shared<ScriptedSigningMechanism>();
  RenewableSasToken token("hub/devices/d", mechanism, "policy", 60s);
  CHECK_FALSE(token.refresh(kNow));
  const std::string old_text = token.text();
  CHECK(old_text.ends_with("&se=1700000060&skn=policy"));
  mechanism->fails = true;
  const Error error = token.refresh(kNow + 50s);
  CHECK(error.code() == Errc::sas_token);
  CHECK(error.cause().detail() == "the hardware is gone");
  CHECK(token.expiry() == kNow + 110s);
  CHECK(token.text() == old_text);
}

TEST_CASE("RenewableSasToken: an expiry beyond the end of time is the end of time") {
  auto mechanism = std::make_shared<ScriptedSigningMechanism>();
  RenewableSasToken endless("hub/devices/d", mechanism, "", seconds::max());
  CHECK_FALSE(endless.refresh(kNow));
  CHECK(endless.expiry() == sys_seconds::max());
  RenewableSasToken over("hub/devices/d", mechanism, "", seconds::min());
  CHECK_FALSE(over.refresh(sys_seconds(-5s)));
  CHECK(over.expiry() == sys_seconds::min());
}

TEST_CASE("SasToken: an expiry that no alarm can reach becomes the last one that it can") {
  CHECK(to_wall_time(kNow) == kNow);
  CHECK(to_wall_time(sys_seconds::max()) == WallTime::max());
  CHECK(to_wall_time(sys_seconds::min()) == WallTime::min());
}

TEST_CASE("NonRenewableSasToken: it cannot be refreshed and keeps its text as it came") {
  const std::string text = "SharedAccessSignature sr=hub%2Fdevices%2Fd&sig=x&se=1700003600";
  auto token = NonRenewableSasToken::parse(text);
  REQUIRE(token);
  CHECK((*token)->text() == text);
  CHECK((*token)->resource_uri() == "hub/devices/d");
  CHECK_FALSE((*token)->renewable());
  CHECK((*token)->refresh(kNow).code() == Errc::sas_token);
  CHECK((*token)->expiry() == kNow + 3600s);
}

TEST_CASE("NonRenewableSasToken: what is wrong with a token is told without the token") {
  for (const char* text :
       {"hunter2", "SharedAccessSignature sr=hunter2&sig=hunter2",
        "SharedAccessSignature sr=hunter2&sig=hunter2&se=1&hunter2=hunter2",
        "SharedAccessSignature hunter2", "SharedAccessSignature sr=a&sig=hunter2&se=hunter2",
        "SharedAccessSignature sr=a&sig=b&se=99999999999999999999",
        "SharedAccessSignature SharedAccessSignature sr=hunter2&sig=b&se=1"}) {
    CAPTURE(text);
    const auto token = NonRenewableSasToken::parse(text);
    REQUIRE_FALSE(token);
    CHECK(token.error().code() == Errc::sas_token);
    CHECK(token.error().describe().find("hunter2") == std::string::npos);
  }
}

TEST_CASE("NonRenewableSasToken: each field that is needed is missed, and so is a broken rule") {
  const auto refusal = [](const std::string& fields) -> std::string {
    const auto token = NonRenewableSasToken::parse("SharedAccessSignature " + fields);
    return token ? "accepted" : token.error().detail();
  };
  const std::string required =
      "Invalid SasToken string: Not all required fields present: it needs sr, sig and se";
  CHECK(refusal("sr=a&sig=b&se=1") == "accepted");
  CHECK(refusal("sig=b&se=1") == required);
  CHECK(refusal("sr=a&se=1") == required);
  CHECK(refusal("sr=a&sig=b") == required);
  CHECK(refusal("sr=a&sig=b&skn=c") == required);
  CHECK(refusal("sr=a&SIG=b&se=1") == required);
  CHECK(refusal("sr=a&sig=b&se=1&other=2") ==
        "Invalid SasToken string: Unexpected fields present: it may have sr, sig, se and skn only");
  CHECK(refusal("other=2&sr=a&sig=b&se=1") ==
        "Invalid SasToken string: Unexpected fields present: it may have sr, sig, se and skn only");
  for (const char* fields : {"sr=a&sig=b&se=1&", "sr=a&sig=b&se", "", "&sr=a&sig=b&se=1"}) {
    CAPTURE(fields);
    CHECK(refusal(fields) ==
          "Invalid SasToken string: Incorrectly formatted: each field must be name=value");
  }
  for (const char* se : {"", "soon", "1.5", "99999999999999999999"}) {
    CAPTURE(se);
    CHECK(refusal("sr=a&sig=b&se=" + std::string(se)) ==
          "Invalid SasToken string: se must be a time in whole seconds since 1970");
  }
}

TEST_CASE("NonRenewableSasToken: the scheme stands in a token once") {
  const auto is_token = [](const char* text) { return bool(NonRenewableSasToken::parse(text)); };
  CHECK(is_token("SharedAccessSignature sr=a&sig=b&se=1"));
  CHECK_FALSE(is_token(""));
  CHECK_FALSE(is_token("sr=a&sig=b&se=1"));
  CHECK_FALSE(is_token("SharedAccessSignaturesr=a&sig=b&se=1"));
  CHECK_FALSE(is_token("sharedaccesssignature sr=a&sig=b&se=1"));
  CHECK_FALSE(is_token("SharedAccessSignature sr=a&sig=b&se=1&skn=SharedAccessSignature "));
}

TEST_CASE("NonRenewableSasToken: fields come in any order, with blanks around them") {
  const auto token = NonRenewableSasToken::parse(
      "SharedAccessSignature skn=policy& se = 1700003600 &sig=b=c&sr=a%2Fb");
  REQUIRE(token);
  CHECK((*token)->expiry() == kNow + 3600s);
  CHECK((*token)->resource_uri() == "a/b");
}

TEST_CASE("SasToken: only one that can be renewed has a time to live") {
  const RenewableSasToken renewable("u", std::make_shared<ScriptedSigningMechanism>(), "", 60s);
  CHECK(renewable.ttl() == 60s);
  const auto given = NonRenewableSasToken::parse("SharedAccessSignature sr=a&sig=b&se=1");
  CHECK((*given)->ttl() == 0s);
}

TEST_CASE("SasToken: the last second that an alarm can reach is reached, the next is the last") {
  const sys_seconds last = std::chrono::floor<seconds>(WallTime::max());
  CHECK(to_wall_time(last - 1s) == last - 1s);
  CHECK(to_wall_time(last) == WallTime::max());
  CHECK(to_wall_time(last + 1s) == WallTime::max());
  const sys_seconds first = std::chrono::ceil<seconds>(WallTime::min());
  CHECK(to_wall_time(first + 1s) == first + 1s);
  CHECK(to_wall_time(first) == WallTime::min());
  CHECK(to_wall_time(first - 1s) == WallTime::min());
}

}  // namespace azure::iot::device
