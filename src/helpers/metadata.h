// What the metadata services of clouds have in common: a plain HTTP server at an address of the
// link, which tells a machine about itself. It is next door and answers at once, so patience is
// short; it is nobody's proxy's business; and what it says is a line, an address, of which nothing
// is believed unread.
//
// Each service is a way to ask for an address of one family and scope (ec2.cc, clouds.cc); which
// family it shall be is decided here.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/endpoint.h"
#include "base/json.h"
#include "base/result.h"
#include "helpers/http.h"
#include "helpers/settings.h"
#include "seed/helper_protocol.h"

namespace scrimp::helpers {

/// Whether the address is to be reached from the same private network only, or from everywhere.
enum class Scope : std::uint8_t { Private, Public };
/// "private", "public".
[[nodiscard]] std::string_view name_of(Scope scope);

/// What all these resolvers are told by `resolver-config`.
struct MetadataSettings {
    std::optional<Family> family{};  ///< IPv4, and IPv6 where there is none, if not given.
    Scope scope = Scope::Private;
    std::string endpoint{};  ///< "http://169.254.169.254", no slash behind it.
    Duration budget{};
};
[[nodiscard]] MetadataSettings metadata_settings(Settings& settings, std::string_view endpoint);

class Metadata {
  public:
    /// `service` for sentences: "EC2".
    Metadata(std::string_view service, const MetadataSettings& settings);

    /// Any answer. That nobody answers is an error in words.
    [[nodiscard]] Result<HttpResponse> ask(std::string_view method, std::string_view path,
                                           const HttpHeaders& headers);
    /// What is at `path`; nothing where the service says that there is nothing (404).
    [[nodiscard]] Result<std::optional<std::string>> find(std::string_view path,
                                                          const HttpHeaders& headers);
    /// What find() makes of an answer.
    [[nodiscard]] Result<std::optional<std::string>> read(std::string_view path,
                                                          const HttpResponse& response) const;

    /// Whether the last question got as far as a connection.
    [[nodiscard]] bool connected() const { return client_.connected(); }
    [[nodiscard]] const std::string& endpoint() const { return endpoint_; }

  private:
    std::string service_;
    std::string endpoint_;
    HttpClient client_;
};

/// The first line of `text` as an address of that family; nothing if the text is empty. What is no
/// such address is an error.
[[nodiscard]] Result<std::optional<Endpoint>> parse_metadata_address(std::string_view text,
                                                                     Family family);

/// One question for an address; nothing if the machine has no such address.
using AskAddress = std::function<Result<std::optional<Endpoint>>(Family)>;
/// Asks for the family wanted, or for one after the other.
[[nodiscard]] Result<seed::HelperAnswer> choose_family(std::string_view service,
                                                       const MetadataSettings& settings,
                                                       const AskAddress& ask);

}  // namespace scrimp::helpers
