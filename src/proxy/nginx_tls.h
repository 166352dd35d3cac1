// How nginx speaks TLS with clients: which servers a port needs for its certificates, and what
// stands in each.
//
// nginx picks the server by the name that the client asks for (SNI), and with it the certificate.
// So the domains of a port make one server for each certificate among them; a hundred such servers
// cost nginx some 10 MB in each process. `ssl_certificate` with a variable would need one server
// only, but reads the file anew at each handshake, as a user who may not read keys.
//
// A name that no certificate is for and no application claims is rejected in the handshake by the
// default server of the port: what else could be shown is a warning of the browser. Names that we
// have a certificate for and nobody serves keep the 503 page, on the https port.
//
// What is known of the certificates stands in comments at the text's top. So the text changes when
// a certificate does, and whoever renders it anew to check it (nginx_reading.h) needs no other
// source.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/generator.h"
#include "proxy/text.h"

namespace scrimp::proxy {

/// Longer ones need a larger hash bucket (nginx.h): those that nobody serves are left out.
inline constexpr std::size_t known_name_bytes_max = 46;

/// 1.25.1, since which `http2 on` stands beside `listen`.
inline constexpr std::uint32_t nginx_with_http2_directive = 1'025'001;

/// 1.27.4, since which a worker that ends can leave connections open that were used lately: the
/// client may be sending on one at this moment, and could not know whether a POST was heard.
inline constexpr std::uint32_t nginx_keeping_idle = 1'027'004;

class NginxTls {
  public:
    /// Which of options.certificates; nothing: the fallback, tls_chain_path.
    using Choice = std::optional<std::size_t>;
    /// A server of a port: its certificate, and the names that lead to it.
    struct Group {
        Choice certificate;
        bool is_default = false;
        std::vector<const service::Domain*> names{};
    };

    /// Fails if a path cannot be spelt in nginx's syntax. `options` must outlive it.
    [[nodiscard]] static Result<NginxTls> of(const RenderOptions& options);

    /// At the text's top.
    void write_facts(Text& text) const;
    [[nodiscard]] Choice choose(const service::Domain& domain) const;
    using Domains = std::vector<const service::Domain*>;
    /// The servers of a TLS port: `shared` are the domains of applications there, `own` those that
    /// have servers beside these. Where unknown names are not rejected the default one is first.
    [[nodiscard]] std::vector<Group> groups(std::uint16_t port, const Domains& shared,
                                            const Domains& own) const;
    /// The default server of the port, if unknown names are rejected; else nothing.
    void write_rejecting_server(Text& text, std::uint16_t port) const;
    /// `listen` of a server on a TLS port, and HTTP/2.
    void write_listen(Text& text, std::uint16_t port, bool is_default) const;
    /// What else TLS needs in a server that is open.
    void write(Text& text, Choice certificate) const;

  private:
    struct Files {
        std::string chain;
        std::string key;
    };
    explicit NginxTls(const RenderOptions& options) : options_(options) {}
    [[nodiscard]] bool rejects() const;

    const RenderOptions& options_;
    Files fallback_;
    std::vector<Files> files_;  ///< One a certificate.
};

/// A certificate as write_facts() spells it, without its paths; nothing if the line is none.
[[nodiscard]] std::optional<Certificate> read_certificate_line(std::string_view line);

}  // namespace scrimp::proxy
