#include "proxy/custom.h"

#include <sstream>

#include <fmt/format.h>

#include "base/printable.h"
#include "base/suggest.h"
#include "proxy/custom_model.h"
#include "proxy/fingerprint.h"
#include "proxy/nginx_generation.h"

namespace scrimp::proxy {
namespace {

/// Far above the text of 5,000 applications in any syntax.
constexpr std::size_t custom_text_bytes_max = std::size_t{16} << 20;
/// Of values asked for, about a second's worth: lists within lists multiply.
constexpr std::size_t custom_values_max = 2'000'000;

/// Ports, applications, redirects and a flag are four. Text is seen only when its line ends, so
/// more could fill the memory before it is too long.
constexpr std::size_t custom_depth_max = 8;

/// Of a template an error shows as many.
constexpr std::size_t custom_word_chars_max = 80;

/// Looks values up as Mustache says, and watches what is asked for. When it has seen too much there
/// is nothing any more, so whatever is still to be repeated ends soon.
class Lookup : public kainjow::mustache::basic_context<std::string> {
  public:
    Lookup(const kainjow::mustache::data& model, std::ostringstream& text)
        : inner_(&model), text_(text) {}

    void push(const kainjow::mustache::data* data) override {
        inner_.push(data);
        if (++depth_ > custom_depth_max && fault_.empty()) {
            fault_ =
                fmt::format("sections stand in each other more than {} deep", custom_depth_max);
        }
    }
    void pop() override {
        inner_.pop();
        --depth_;
    }
    [[nodiscard]] const kainjow::mustache::data* get(const std::string& name) const override {
        if (!fault_.empty()) return nullptr;
        if (!is_custom_name(name)) {
            fault_ = fmt::format("there is no '{}'{}", printable(name, custom_word_chars_max),
                                 nearest_name(name));
        } else if (++asked_ > custom_values_max ||
                   static_cast<std::size_t>(text_.tellp()) > custom_text_bytes_max) {
            fault_ = fmt::format(
                "the text is longer than {} MB, or takes more than {} values; lists within lists "
                "multiply",
                custom_text_bytes_max >> 20, custom_values_max);
        }
        return fault_.empty() ? inner_.get(name) : nullptr;
    }
    [[nodiscard]] const kainjow::mustache::data* get_partial(
        const std::string& name) const override {
        fault_ = fmt::format("has the partial '{}', and partials are not read",
                             printable(name, custom_word_chars_max));
        return nullptr;
    }
    [[nodiscard]] const std::string& fault() const { return fault_; }

  private:
    [[nodiscard]] static std::string nearest_name(const std::string& name) {
        const auto near = nearest(name, custom_names());
        return near ? fmt::format(" (did you mean '{}'?)", *near) : "";
    }

    kainjow::mustache::context<std::string> inner_;
    std::ostringstream& text_;
    std::size_t depth_ = 0;
    mutable std::size_t asked_ = 0;
    mutable std::string fault_;  ///< The first.
};

tl::unexpected<Error> custom_fault(const std::string& what) {
    return fail("template: " + what + "; docs/custom.md lists what a template may say");
}

/// In which everything is said.
service::RoutingTable full_table() {
    const Network network{.base = *parse_ip("10.0.0.0"), .prefix = 8};
    service::Options options;
    options.sticky_cookie = "c";
    options.paths = {"/a"};
    options.body_limit_bytes = 1;
    options.connect_timeout = options.read_timeout = options.send_timeout = std::chrono::seconds{1};
    options.verify_backend = options.proxy_protocol = options.compression = true;
    options.hsts = options.security_headers = true;
    options.allow = options.deny = {network};
    options.basic_auth = {{.user = "u", .hash = "$2y$"}};
    options.www = service::Www::Add;
    options.redirects = {{.from = "/a", .to = "/b"}};
    options.request_headers = options.response_headers = {{.name = "X-A", .value = "b"}};
    service::Application application{.name = *service::Name::parse("a"),
                                     .listen_port = 443,
                                     .application_port = 80,
                                     .protocol = service::Protocol::Https,
                                     .domains = {*service::Domain::parse("*.a.example")},
                                     .options = service::SharedOptions(std::move(options))};
    return {
        .revision = 1,
        .routes = {{.application = std::move(application),
                    .upstreams = {{.member_name = "m", .endpoint = *parse_ip("10.0.0.1", 80)}}}}};
}

}  // namespace

Result<void> check_template(const RenderOptions& options) {
    for (const auto& table : {service::RoutingTable{}, full_table()}) {
        const auto rendered = render_custom(table, options);
        if (!rendered) return tl::unexpected(rendered.error());
    }
    return {};
}

Result<Rendered> render_custom(const service::RoutingTable& table, const RenderOptions& options) {
    if (options.template_text.empty()) {
        return fail(
            "template: the generator custom needs the path of a template that is not empty");
    }
    if (options.template_text.size() > template_bytes_max) {
        return custom_fault(fmt::format("is longer than {} kB", template_bytes_max >> 10));
    }
    kainjow::mustache::mustache parsed(options.template_text);
    if (!parsed.is_valid())
        return custom_fault(printable(parsed.error_message(), custom_word_chars_max));
    parsed.set_custom_escape([](const std::string& text) { return text; });
    Rendered rendered{.text = {}, .generation = std::string(generation_digits, '0')};
    for (int pass = 0; pass < 2; ++pass) {
        const auto model = custom_model(table, options, rendered.generation);
        std::ostringstream text;
        Lookup lookup(model, text);
        parsed.render(lookup, text);
        if (!lookup.fault().empty()) return custom_fault(lookup.fault());
        rendered.text = text.str();
        if (pass == 0) {
            rendered.generation = fingerprint(rendered.text).substr(0, generation_digits);
        }
    }
    return rendered;
}

}  // namespace scrimp::proxy
