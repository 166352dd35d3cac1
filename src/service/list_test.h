// Lists, announcements and members for the tests of what the exchange touches.
#pragma once

#include <zlib.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "service/metadata.h"
#include "swim/types.h"

namespace scrimp::service {

/// That many applications of one backend, whose names begin with `prefix`: each with its own port
/// and domain, in no order that compression could use.
inline std::vector<Application> make_applications(const std::string& prefix, int count) {
    std::vector<Application> made;
    for (int i = 0; i < count; ++i) {
        const std::string name = prefix + "-" + std::to_string(i * 7919 % 10'007);
        made.push_back({.name = *Name::parse(name),
                        .listen_port = 443,
                        .application_port = static_cast<std::uint16_t>(1024 + i * 37 % 60'000),
                        .protocol = Protocol::Http,
                        .domains = {*Domain::parse(name + ".example")}});
    }
    return made;
}

inline swim::MemberEvent event_of(swim::Change change, const std::string& name,
                                  std::string_view address, const Bytes& metadata) {
    auto profile = std::make_shared<swim::Profile>();
    profile->name = name;
    profile->endpoint = *parse_ip(address, 9999);
    profile->metadata = metadata;
    swim::Member member;
    member.profile = std::move(profile);
    return {.change = change, .member = member};
}

/// Metadata of any JSON, as a peer of whatever kind might pack it.
inline Bytes pack(std::string_view text) {
    z_stream stream{};
    (void)deflateInit2(&stream, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY);
    Bytes out(deflateBound(&stream, text.size()));
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    (void)deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

/// A backend's list that does not fit into its metadata.
struct LongList {
    explicit LongList(const std::string& prefix, int count = 100)
        : applications(make_applications(prefix, count)),
          text(render_list(applications)),
          digest(digest_of(text)),
          metadata(encode_metadata(Role::Backend, applications)->bytes) {
        SCRIMP_ASSERT(decode_metadata(metadata)->rest);
    }

    std::vector<Application> applications;
    std::string text;
    ListDigest digest;
    Bytes metadata;
};

}  // namespace scrimp::service
