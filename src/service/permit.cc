#include "service/permit.h"

#include <algorithm>

#include <nettle/eddsa.h>

#include "base/base64.h"
#include "base/json.h"
#include "service/metadata.h"

namespace scrimp::service {
namespace {

static_assert(PermitKey{}.size() == ED25519_KEY_SIZE);

constexpr std::string_view version = "v1.";
constexpr std::string_view purpose = "scrimplb permit ";
constexpr std::size_t signature_bytes = ED25519_SIGNATURE_SIZE;

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

struct Parts {
    std::string_view head;  ///< Version and payload: what is signed.
    std::string payload;
    std::string signature;
};

std::optional<Parts> taken_apart(std::string_view text) {
    if (!is_permit_text(text) || !text.starts_with(version)) return std::nullopt;
    const std::size_t dot = text.find('.', version.size());
    if (dot == std::string_view::npos) return std::nullopt;
    auto payload = base64_decode(text.substr(version.size(), dot - version.size()));
    auto signature = base64_decode(text.substr(dot + 1));
    if (!payload || !signature || signature->size() != signature_bytes) return std::nullopt;
    return Parts{text.substr(0, dot), *std::move(payload), *std::move(signature)};
}

/// Each entry of the list at `key`, made by `make`; nothing there is an empty list.
template <class T, class Make>
Result<std::vector<T>> read_list_of(const Json& payload, std::string_view key, Make make) {
    std::vector<T> list;
    const Json* const given = find_member(payload, key);
    if (given == nullptr) return list;
    // A permit that grants nothing would read as one without a bound.
    if (!given->is_array() || given->empty()) return fail("its payload is malformed");
    for (const Json& entry : *given) {
        if (!entry.is_string()) return fail("its payload is malformed");
        Result<T> made = make(entry.get_ref<const std::string&>());
        if (!made) return fail("its payload is malformed: " + made.error().message);
        list.push_back(*std::move(made));
    }
    return list;
}

Result<std::string> read_pattern(const std::string& text) {
    if (const Result<void> good = check_pattern(text); !good) return tl::unexpected(good.error());
    return text;
}

Result<Permit> read_payload(const std::string& text) {
    const Result<Json> json = parse_json(text, {.bytes_max = permit_bytes_max, .depth_max = 3});
    if (!json || !json->is_object()) return fail("its payload is no JSON object");
    for (const auto& [key, value] : json->items()) {
        // It may be a bound: what is not understood grants nothing.
        constexpr std::string_view known = "ncdpe";
        if (key.size() != 1 || known.find(key) == std::string_view::npos) {
            return fail("its payload has bounds that this version does not know");
        }
    }
    const Json* const node = find_member(*json, "n");
    if (node == nullptr || !node->is_string()) return fail("its payload names no node");
    auto name = read_pattern(node->get_ref<const std::string&>());
    auto networks = read_list_of<Network>(*json, "c", parse_network);
    auto domains = read_list_of<std::string>(*json, "d", read_pattern);
    auto ports = read_list_of<PortRange>(*json, "p", parse_port_range);
    if (!name) return fail("its payload is malformed: the node " + name.error().message);
    if (!networks) return tl::unexpected(networks.error());
    if (!domains) return tl::unexpected(domains.error());
    if (!ports) return tl::unexpected(ports.error());
    Permit permit{*std::move(name), *std::move(networks), {*std::move(domains), *std::move(ports)}};
    if (const Json* const end = find_member(*json, "e"); end != nullptr) {
        if (!end->is_number_unsigned()) return fail("its payload is malformed");
        constexpr std::uint64_t most = std::uint64_t{1} << 62;
        permit.expires = static_cast<std::int64_t>(std::min(end->get<std::uint64_t>(), most));
    }
    return permit;
}

std::string payload_of(const Permit& permit) {
    nlohmann::ordered_json json;
    json["n"] = permit.node;
    for (const Network& network : permit.networks) json["c"].push_back(network.text());
    for (const std::string& domain : permit.grant.domains) json["d"].push_back(domain);
    for (const PortRange& range : permit.grant.ports) json["p"].push_back(port_range_text(range));
    if (permit.expires) json["e"] = *permit.expires;
    return json.dump();
}

bool is_signed_by(const PermitKey& key, const Parts& parts) {
    const std::string message = std::string(purpose).append(parts.head);
    return ed25519_sha512_verify(key.data(), message.size(), bytes_of(message).data(),
                                 bytes_of(parts.signature).data()) != 0;
}

}  // namespace

PermitKey public_key_of(const PermitKey& secret) {
    PermitKey key;
    ed25519_sha512_public_key(key.data(), secret.data());
    return key;
}

std::string permit_key_text(const PermitKey& key) {
    return base64_encode(std::as_bytes(std::span(key)));
}

Result<PermitKey> parse_permit_key(std::string_view text) {
    const Result<std::string> bytes = base64_decode(text);
    PermitKey key;
    if (!bytes || bytes->size() != key.size()) {
        return fail("is no key of 32 bytes in base64, as `scrimplb token keygen` makes it");
    }
    std::ranges::copy(bytes_of(*bytes), key.begin());
    return key;
}

Result<std::string> sign_permit(const Permit& permit, const PermitKey& secret) {
    const std::string payload = payload_of(permit);
    std::string text = std::string(version) + base64_encode(payload);
    const std::string message = std::string(purpose) + text;
    std::array<std::uint8_t, signature_bytes> signature;
    ed25519_sha512_sign(public_key_of(secret).data(), secret.data(), message.size(),
                        bytes_of(message).data(), signature.data());
    text += "." + base64_encode(std::as_bytes(std::span(signature)));
    if (text.size() <= permit_bytes_max) return text;
    return fail("the permit would have " + std::to_string(text.size()) +
                " characters, the most is " + std::to_string(permit_bytes_max) +
                ": name fewer domains, with patterns");
}

Result<Permit> read_permit(std::string_view text) {
    const std::optional<Parts> parts = taken_apart(text);
    if (!parts) return fail("is not one of the form v1.PAYLOAD.SIGNATURE");
    return read_payload(parts->payload);
}

Result<Permit> verify_permit(std::string_view text, std::span<const PermitKey> keys) {
    const std::optional<Parts> parts = taken_apart(text);
    if (!parts) return fail("is not one of the form v1.PAYLOAD.SIGNATURE");
    const bool is_signed =
        std::ranges::any_of(keys, [&](const PermitKey& key) { return is_signed_by(key, *parts); });
    if (!is_signed) return fail("is signed by none of the keys in permit-public-keys");
    return read_payload(parts->payload);
}

}  // namespace scrimp::service
