#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "../error.hpp"
#include "../loop/time.hpp"
#include "../result.hpp"
#include "signing_mechanism.hpp"

namespace azure::iot::device {

// A shared access signature: the password of a client that has no certificate. Reads no clock:
// `refresh` takes the time. Not thread-safe.
class SasToken {
 public:
  SasToken() = default;
  SasToken(const SasToken&) = delete;
  SasToken& operator=(const SasToken&) = delete;
  virtual ~SasToken() = default;

  // The text of the token: a secret. Empty until a renewable token was first refreshed.
  virtual const std::string& text() const& = 0;
  void text() const&& = delete;
  virtual std::chrono::sys_seconds expiry() const = 0;
  // Whether `refresh` can renew the token.
  virtual bool renewable() const = 0;
  // The lifetime of the token, counted from its refresh; zero if it is not renewable.
  virtual std::chrono::seconds ttl() const { return std::chrono::seconds::zero(); }
  // Creates a new token whose lifetime starts at `now`. An error has Errc::sas_token.
  virtual Error refresh(WallTime now) = 0;
};

// A token that the library signs, and renews before it expires.
class RenewableSasToken final : public SasToken {
 public:
  // `uri` names the resource ("hub/devices/device"). `key_name`, which may be empty, names the
  // policy that the key belongs to. `ttl` is the lifetime of each token, counted from its refresh.
  RenewableSasToken(std::string uri, std::shared_ptr<SigningMechanism> signing_mechanism,
                    std::string key_name, std::chrono::seconds ttl);
  ~RenewableSasToken() override;

  const std::string& text() const& override { return text_; }
  void text() const&& = delete;
  std::chrono::sys_seconds expiry() const override { return expiry_; }
  bool renewable() const override { return true; }
  std::chrono::seconds ttl() const override { return ttl_; }
  // As in Python, if signing fails, the new expiry is set and the old text is kept: a caller that
  // retries has to remember when that text expires. An expiry out of range becomes the latest time
  // that can be represented.
  Error refresh(WallTime now) override;

 private:
  std::string uri_;
  std::shared_ptr<SigningMechanism> signing_mechanism_;
  std::string key_name_;
  std::chrono::seconds ttl_;
  std::chrono::sys_seconds expiry_{};
  std::string text_;
};

// A token supplied by the application. Once it expires, the application has to supply another one.
class NonRenewableSasToken final : public SasToken {
 public:
  // Parses a token. The error, Errc::sas_token, names the rule that the text breaks, never the
  // text.
  static Result<std::unique_ptr<NonRenewableSasToken>> parse(std::string_view token);
  ~NonRenewableSasToken() override;

  const std::string& text() const& override { return text_; }
  void text() const&& = delete;
  std::chrono::sys_seconds expiry() const override { return expiry_; }
  bool renewable() const override { return false; }
  Error refresh(WallTime now) override;

  // The resource that the token gives access to, decoded.
  const std::string& resource_uri() const& { return resource_uri_; }
  void resource_uri() const&& = delete;

 private:
  NonRenewableSasToken() = default;

  std::string text_;
  std::string resource_uri_;
  std::chrono::sys_seconds expiry_{};
};

}  // namespace azure::iot::device
