// How a backend that drains and a balancer come to know that no new request goes there, as payloads
// of memberlist's user messages, to one member each:
//
//   {"scrimplb":1,"message":"serving?","asker":"b1","digest":"…"}
//   {"scrimplb":1,"message":"serving","balancer":"lb1","member":"b1","digest":"…"}
//
// The digest is that of the metadata by which the backend announces the change: the first 16 bytes
// of its SHA-256. memberlist does not say who sent a message, so the names are claims: a member may
// lie for another, as it may announce another's death; who is none cannot where gossip is sealed.
// What is not ours, or is malformed, decodes to nothing. Keys beyond these are passed over.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "service/application_list.h"

namespace scrimp::service {

/// "Do you serve what I announced with this metadata?"
struct ServingQuestion {
    std::string asker;
    ListDigest digest;
    friend bool operator==(const ServingQuestion&, const ServingQuestion&) = default;
};
/// "My engine serves a configuration that takes into account what `member` announced so."
struct ServingAnswer {
    std::string balancer;
    std::string member;
    ListDigest digest;
    friend bool operator==(const ServingAnswer&, const ServingAnswer&) = default;
};
using FarewellMessage = std::variant<ServingQuestion, ServingAnswer>;

/// An answer with two names of 255 bytes, each of them escaped, is shorter.
inline constexpr std::size_t farewell_bytes_max = 1200;

/// Names must be plain: see is_plain_name() in service/message_fields.h.
[[nodiscard]] Bytes encode_farewell(const FarewellMessage& message);
[[nodiscard]] std::optional<FarewellMessage> decode_farewell(ByteView payload);

}  // namespace scrimp::service
