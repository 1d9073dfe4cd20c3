#include "pipeline/auth/sastoken.hpp"

#include <cassert>
#include <optional>

#include "pipeline/auth/wipe.hpp"
#include "pipeline/text/decimal.hpp"
#include "pipeline/text/text.hpp"
#include "pipeline/text/url.hpp"

namespace azure::iot::device {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::string_view kScheme = "SharedAccessSignature ";

sys_seconds saturating_expiry(WallTime now, seconds ttl) {
  const sys_seconds base = std::chrono::floor<seconds>(now);
  seconds::rep sum = 0;
  if (__builtin_add_overflow(base.time_since_epoch().count(), ttl.count(), &sum)) {
    return ttl < seconds::zero() ? sys_seconds::min() : sys_seconds::max();
  }
  return sys_seconds(seconds(sum));
}

// The fields of a token, still encoded as in its text.
struct Fields {
  std::optional<std::string_view> sr;
  std::optional<std::string_view> sig;
  std::optional<std::string_view> se;
  std::optional<std::string_view> skn;

  std::optional<std::string_view>* find(std::string_view name) {
    if (name == "sr") return &sr;
    if (name == "sig") return &sig;
    if (name == "se") return &se;
    if (name == "skn") return &skn;
    return nullptr;
  }
};

Error invalid_token(std::string_view rule) {
  return Error(Errc::sas_token, "Invalid SasToken string: " + std::string(rule));
}

Error read_fields(std::string_view text, Fields& fields) {
  bool unexpected = false;
  for (bool more = true; more;) {
    const std::string_view part = take_part(text, '&', more);
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      return invalid_token("Incorrectly formatted: each field must be name=value");
    }
    auto* field = fields.find(strip(part.substr(0, equals)));
    if (field) {
      *field = strip(part.substr(equals + 1));
    } else {
      unexpected = true;
    }
  }
  if (!fields.sr || !fields.sig || !fields.se) {
    return invalid_token("Not all required fields present: it needs sr, sig and se");
  }
  if (unexpected) {
    return invalid_token("Unexpected fields present: it may have sr, sig, se and skn only");
  }
  return {};
}

}  // namespace

RenewableSasToken::RenewableSasToken(std::string uri,
                                     std::shared_ptr<SigningMechanism> signing_mechanism,
                                     std::string key_name, seconds ttl)
    : uri_(std::move(uri)),
      signing_mechanism_(std::move(signing_mechanism)),
      key_name_(std::move(key_name)),
      ttl_(ttl) {
  assert(signing_mechanism_ && "a renewable token needs something that signs");
}

RenewableSasToken::~RenewableSasToken() { wipe(text_); }

Error RenewableSasToken::refresh(WallTime now) {
  expiry_ = saturating_expiry(now, ttl_);
  const std::string expiry_text = std::to_string(expiry_.time_since_epoch().count());
  const std::string resource = url::quote(uri_);
  Result<std::string> signature = signing_mechanism_->sign(resource + '\n' + expiry_text);
  if (!signature) {
    return Error(Errc::sas_token, "Unable to build SasToken from given values", signature.error());
  }
  wipe(text_);
  // Reserved at once: a string that grows leaves copies of the secret in memory.
  text_.reserve(kScheme.size() + resource.size() + url::quoted_size(*signature) +
                expiry_text.size() + key_name_.size() +
                std::string_view("sr=&sig=&se=&skn=").size());
  text_.append(kScheme).append("sr=").append(resource).append("&sig=");
  url::append_quoted(text_, *signature);
  wipe(*signature);
  text_.append("&se=").append(expiry_text);
  if (!key_name_.empty()) text_.append("&skn=").append(key_name_);
  return {};
}

Result<std::unique_ptr<NonRenewableSasToken>> NonRenewableSasToken::parse(std::string_view token) {
  const std::size_t scheme = token.find(kScheme);
  if (scheme == std::string_view::npos ||
      token.find(kScheme, scheme + kScheme.size()) != std::string_view::npos) {
    return invalid_token("Not a SasToken: it must contain 'SharedAccessSignature ' once");
  }
  Fields fields;
  if (Error error = read_fields(token.substr(scheme + kScheme.size()), fields)) return error;
  const Result<std::int64_t> expiry = parse_decimal(*fields.se);
  if (!expiry) {
    return Error(Errc::sas_token,
                 "Invalid SasToken string: se must be a time in whole seconds since 1970",
                 expiry.error());
  }
  std::unique_ptr<NonRenewableSasToken> parsed(new NonRenewableSasToken());
  parsed->text_ = token;
  parsed->resource_uri_ = url::unquote(*fields.sr);
  parsed->expiry_ = sys_seconds(seconds(*expiry));
  return parsed;
}

NonRenewableSasToken::~NonRenewableSasToken() { wipe(text_); }

Error NonRenewableSasToken::refresh(WallTime) {
  return Error(Errc::sas_token, "this token cannot be renewed: bring a new one");
}

}  // namespace azure::iot::device
