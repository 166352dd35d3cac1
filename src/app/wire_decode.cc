#include "app/wire_decode.h"

#include <concepts>
#include <istream>
#include <optional>
#include <ostream>
#include <string_view>

#include <nlohmann/json.hpp>

#include "app/keyring_file.h"
#include "base/machine.h"
#include "wire/fields.h"
#include "wire/label.h"
#include "wire/tree.h"

namespace scrimp::app {

namespace {

using Json = nlohmann::ordered_json;
using wire::Tree;

/// Visitor of the field table: one JSON member a field.
class FieldPrinter {
  public:
    explicit FieldPrinter(Json& out) : out_(out) {}
    void operator()(std::string_view name, const auto& value) { out_[name] = print(value); }
    void unless_empty(std::string_view name, std::uint16_t value) {
        if (value != 0) out_[name] = value;
    }
    void unless_empty(std::string_view name, const auto& value) {
        if (!value.empty()) out_[name] = print(value);
    }

  private:
    static Json print(const std::string& value) { return value; }
    static Json print(const Bytes& value) { return to_hex(value); }
    static Json print(const wire::OptionalBytes& value) {
        return value ? Json(to_hex(*value)) : Json();
    }
    static Json print(std::integral auto value) { return value; }

    Json& out_;
};

void print_fields(Json& out, const auto& body) {
    FieldPrinter printer(out);
    wire::visit_fields(printer, body);
}

std::string error_text(const wire::Refusal& refusal) {
    return std::string(name_of(refusal.reason)) + ": " + refusal.detail;
}

/// An object of the named type, ready for its fields.
Json object(std::string_view type) {
    Json out;
    out["type"] = type;
    return out;
}

Json object(wire::MessageType type) {
    return object(name_of(type));
}

Json print_user(const wire::User& user) {
    Json out = object(wire::MessageType::User);
    out["Payload"] = to_hex(user.payload);
    return out;
}

Json print_message(const wire::Message& message) {
    if (const auto* user = std::get_if<wire::User>(&message)) return print_user(*user);
    Json out = object(wire::type_of(message));
    std::visit(Overloaded{
                   [](const wire::User&) {},
                   [&](const auto& body) { print_fields(out, body); },
               },
               message);
    return out;
}

Json print_push_pull(const wire::PushPull& state) {
    Json out = object(wire::MessageType::PushPull);
    print_fields(out,
                 wire::PushPullHeader{state.join, state.nodes.size(), state.user_state.size()});
    out["NodeStates"] = Json::array();
    for (const wire::NodeState& node : state.nodes) {
        Json printed = object("pushNodeState");
        print_fields(printed, node);
        out["NodeStates"].push_back(std::move(printed));
    }
    out["UserState"] = to_hex(state.user_state);
    return out;
}

Json print_stream_message(const wire::StreamMessage& message) {
    const auto print = [](wire::MessageType type, const auto& body) {
        Json out = object(type);
        print_fields(out, body);
        return out;
    };
    return std::visit(
        Overloaded{
            [&](const wire::Ping& ping) { return print(wire::MessageType::Ping, ping); },
            [&](const wire::Ack& ack) { return print(wire::MessageType::Ack, ack); },
            [&](const wire::Err& err) { return print(wire::MessageType::Err, err); },
            [](const wire::User& user) { return print_user(user); },
            [](const wire::PushPull& state) { return print_push_pull(state); },
        },
        message);
}

Json print_layer(const wire::Layer& layer) {
    return std::visit(
        Overloaded{
            [](const wire::LabelLayer& label) {
                Json out = object(wire::MessageType::HasLabel);
                out["Label"] = label.label;
                return out;
            },
            [](const wire::SealLayer& seal) {
                Json out = object(wire::MessageType::Encrypt);
                out["Version"] = seal.sealing.version;
                out["Nonce"] = to_hex(seal.sealing.nonce);
                out["Key"] = seal.sealing.key;
                return out;
            },
            [](const wire::CrcLayer&) { return object(wire::MessageType::HasCrc); },
            [](const wire::CompressionLayer&) { return object(wire::MessageType::Compress); },
            [](const wire::CompoundLayer&) { return object(wire::MessageType::Compound); },
        },
        layer);
}

Json print_refusal(const wire::Refusal& refusal, ByteView bytes) {
    Json out = bytes.empty() ? object("unknown") : object(static_cast<wire::MessageType>(bytes[0]));
    out["error"] = error_text(refusal);
    out["bytes"] = to_hex(bytes);
    return out;
}

Json print_tree(const Tree& tree) {
    return std::visit(
        Overloaded{
            [&](const wire::Layer& layer) {
                Json out = print_layer(layer);
                out["messages"] = Json::array();
                for (const Tree& part : tree.parts) out["messages"].push_back(print_tree(part));
                return out;
            },
            [](const wire::Message& message) { return print_message(message); },
            [](const wire::StreamMessage& message) { return print_stream_message(message); },
            [&](const wire::Refusal& refusal) { return print_refusal(refusal, tree.refused); },
        },
        tree.content);
}

const wire::Refusal* root_refusal(const Tree& tree) {
    const Tree* at = &tree;
    while (const auto* layer = std::get_if<wire::Layer>(&at->content)) {
        if (!std::holds_alternative<wire::LabelLayer>(*layer) || at->parts.empty()) return nullptr;
        at = &at->parts.front();
    }
    return std::get_if<wire::Refusal>(&at->content);
}

/// A payload as a node with `envelope` reads it.
Tree read(wire::Transport transport, ByteView payload, const wire::Envelope& envelope) {
    if (transport == wire::Transport::Packet) return wire::read_packet_tree(payload, envelope);
    // Only a dialer writes the label header; without one this is taken for an answer.
    const bool labelled = !payload.empty() &&
                          static_cast<wire::MessageType>(payload[0]) == wire::MessageType::HasLabel;
    const bool answers = !labelled && !envelope.label.empty();
    return wire::read_stream_tree(
        payload, envelope, answers ? wire::Direction::FromAcceptor : wire::Direction::FromDialer);
}

/// Reads strictly, and where label or encryption are not what they should be, once more on the
/// payload's own terms: the content then stands beside the error.
Json print_payload(wire::Transport transport, ByteView payload, const wire::Envelope& envelope) {
    const Tree strict = read(transport, payload, envelope);
    const wire::Refusal* refusal = root_refusal(strict);
    const bool of_envelope =
        refusal != nullptr && (refusal->reason == wire::Reason::LabelMismatch ||
                               refusal->reason == wire::Reason::NotEncrypted ||
                               refusal->reason == wire::Reason::Undecryptable);
    if (!of_envelope) return print_tree(strict);
    wire::Envelope lenient = envelope;
    lenient.verify_incoming = false;
    if (const auto header = wire::read_label(payload)) lenient.label = header->label;
    const Tree tree = read(transport, payload, lenient);
    if (has_refusal(tree)) return print_tree(strict);
    Json out = print_tree(tree);
    out["error"] = error_text(*refusal);
    return out;
}

struct Line {
    wire::Transport transport;
    Bytes payload;
};

std::optional<Line> parse_line(std::string_view line) {
    const std::size_t gap = line.find_first_of(" \t");
    if (gap == std::string_view::npos) return std::nullopt;
    const std::string_view transport = line.substr(0, gap);
    if (transport != "udp" && transport != "tcp") return std::nullopt;
    const std::size_t start = line.find_first_not_of(" \t", gap);
    if (start == std::string_view::npos) return std::nullopt;
    auto payload = parse_hex(line.substr(start));
    if (!payload) return std::nullopt;
    return Line{transport == "udp" ? wire::Transport::Packet : wire::Transport::Stream,
                *std::move(payload)};
}

Json print_line(std::string_view line, std::size_t number, const wire::Envelope& envelope) {
    if (const auto parsed = parse_line(line))
        return print_payload(parsed->transport, parsed->payload, envelope);
    Json out = object("badLine");
    out["line"] = number;
    out["error"] = "a payload is written 'udp HEX' or 'tcp HEX'";
    return out;
}

Result<wire::Envelope> make_envelope(const WireDecodeOptions& options) {
    constexpr std::size_t label_bytes_max = 255;
    wire::Envelope envelope;
    if (options.label.size() > label_bytes_max) return fail("--label: at most 255 bytes");
    envelope.label = options.label;
    if (!options.keyring.empty()) {
        auto keys = read_keyring(options.keyring);
        if (!keys) return fail("--keyring: " + keys.error().message);
        envelope.keys = *std::move(keys);
    }
    for (const std::string& key : options.keys) {
        const auto bytes = parse_hex(key);
        if (!bytes) return fail("--key: not hexadecimal");
        if (auto added = envelope.keys.add(*bytes); !added)
            return fail("--key: " + added.error().message);
    }
    return envelope;
}

}  // namespace

int wire_decode(std::istream& in, std::ostream& out, std::ostream& errors,
                const WireDecodeOptions& options) {
    const auto envelope = make_envelope(options);
    if (!envelope) {
        errors << envelope.error().message << '\n';
        return 2;
    }
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        const std::size_t last = line.find_last_not_of(" \t\r");
        if (last == std::string::npos || line[0] == '#') continue;
        line.resize(last + 1);
        // Names need not be UTF-8; what is not becomes U+FFFD.
        out << print_line(line, number, *envelope)
                   .dump(-1, ' ', false, Json::error_handler_t::replace)
            << '\n';
    }
    return 0;
}

}  // namespace scrimp::app
