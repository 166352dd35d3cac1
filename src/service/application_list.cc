#include "service/application_list.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include <nettle/sha2.h>

#include "base/bytes.h"
#include "service/options_json.h"

namespace scrimp::service {
namespace {

void append_quoted(std::string& out, std::string_view key, std::string_view value) {
    out.append("\"").append(key).append("\":\"").append(value).append("\"");
}

/// Names, domains and labels hold no character that JSON would escape. Whatever is not said is not
/// written: lists without options are as they were before there were any.
void append_application(std::string& out, const Application& application,
                        const Condition& condition) {
    out += '{';
    append_quoted(out, "name", application.name.text());
    out += ',';
    append_quoted(out, "listen-port", std::to_string(application.listen_port));
    out += ',';
    append_quoted(out, "application-port", std::to_string(application.application_port));
    out += ',';
    append_quoted(out, "protocol", name_of(application.protocol));
    out += ",\"domains\":[";
    for (std::size_t i = 0; i < application.domains.size(); ++i) {
        out.append(i == 0 ? "\"" : ",\"").append(application.domains[i].text()).append("\"");
    }
    out += ']';
    if (application.weight != announced_weight_max) {
        out.append(",\"")
            .append(weight_key)
            .append("\":")
            .append(std::to_string(application.weight));
    }
    if (application.label) {
        out += ',';
        append_quoted(out, label_key, *application.label);
    }
    out.append(render_options(*application.options))
        .append(render_condition(condition))
        .append("}");
}

}  // namespace

std::string ListDigest::text() const {
    return to_hex(std::as_bytes(std::span(bytes)));
}

Result<ListDigest> parse_digest(std::string_view hex) {
    ListDigest digest;
    const std::optional<Bytes> bytes = parse_hex(hex);
    const bool small = hex.find_first_of("ABCDEF") == std::string_view::npos;
    if (!bytes || bytes->size() != digest.bytes.size() || !small) {
        return fail("must be 32 hexadecimal digits in small letters");
    }
    std::ranges::transform(*bytes, digest.bytes.begin(), std::to_integer<std::uint8_t>);
    return digest;
}

std::vector<Application> sorted_unique(std::vector<Application> applications) {
    std::ranges::sort(applications);
    const auto [first, last] = std::ranges::unique(applications);
    applications.erase(first, last);
    return applications;
}

std::string render_list(const std::vector<Application>& applications,
                        const Conditions& conditions) {
    std::string text = "[";
    for (const Application& application : sorted_unique(applications)) {
        if (text.size() > 1) text += ',';
        append_application(text, application, condition_of(conditions, application.name));
    }
    return text += ']';
}

ListDigest digest_of(std::string_view list_text) {
    sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, list_text.size(),
                  reinterpret_cast<const std::uint8_t*>(list_text.data()));
    ListDigest digest;
    sha256_digest(&context, digest.bytes.size(), digest.bytes.data());
    return digest;
}

}  // namespace scrimp::service
