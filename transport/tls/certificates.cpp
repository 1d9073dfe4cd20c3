#include "transport/tls/certificates.hpp"

#include <climits>
#include <string>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace azure::iot::device {

void FreeCertificate::operator()(x509_st* certificate) const { X509_free(certificate); }

Result<std::vector<Certificate>> read_certificates(std::string_view pem,
                                                   std::string_view argument) {
  if (pem.size() > INT_MAX) {
    return Error(Errc::bad_content, std::string(argument) + " is too long for certificates");
  }
  const std::unique_ptr<BIO, decltype(&BIO_free)> source(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  std::vector<Certificate> certificates;
  ERR_clear_error();
  // Offers no pass phrase; OpenSSL's default callback would ask for one on the terminal.
  const auto no_pass_phrase = [](char*, int, int, void*) { return -1; };
  while (X509* read = PEM_read_bio_X509(source.get(), nullptr, no_pass_phrase, nullptr)) {
    certificates.emplace_back(read);
  }
  // OpenSSL reports the end of the text as an error too.
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!ended) {
    return Error(Errc::bad_content, std::string(argument) + ": certificate number " +
                                        std::to_string(certificates.size() + 1) +
                                        " cannot be read; its PEM text is damaged");
  }
  if (certificates.empty()) {
    return Error(Errc::bad_content, std::string(argument) +
                                        " holds no certificate; the PEM text of one begins with "
                                        "-----BEGIN CERTIFICATE-----");
  }
  return certificates;
}

}  // namespace azure::iot::device
