// What a backend announces while it says farewell, for tests of both sides.
#pragma once

#include <string>

#include "service/list_test.h"
#include "service/metadata.h"

namespace scrimp::service {

inline swim::MemberEvent told(swim::Change change, const std::string& name, const Bytes& metadata) {
    return event_of(change, name, "10.0.0.1", metadata);
}

/// What the backend announces, one after the other.
inline Bytes backend_metadata(int which) {
    const Application application{.name = *Name::parse("shop"),
                                  .listen_port = 443,
                                  .application_port = static_cast<std::uint16_t>(8080 + which),
                                  .protocol = Protocol::Http,
                                  .domains = {*Domain::parse("shop.example")}};
    return encode_metadata(Role::Backend, {application})->bytes;
}
inline ListDigest backend_digest(int which) {
    return digest_of(text_of(backend_metadata(which)));
}

}  // namespace scrimp::service
