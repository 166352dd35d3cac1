#include "helpers/dns_answer.h"

#include <arpa/nameser.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <tuple>

namespace scrimp::helpers {
namespace {

/// As many as there are seeds, and as many aliases on the way to them.
constexpr int records_max = 128;
constexpr std::size_t srv_fixed_bytes = 6;

const unsigned char* raw(ByteView bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

ByteView data_of(const ns_rr& record) {
    return {reinterpret_cast<const std::byte*>(ns_rr_rdata(record)),
            static_cast<std::size_t>(ns_rr_rdlen(record))};
}

Result<void> take_service(const ns_msg& message, ByteView data, DnsAnswer& answer) {
    if (data.size() <= srv_fixed_bytes) return fail("an SRV record is cut short");
    std::array<char, NS_MAXDNAME> target{};
    if (ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), raw(data) + srv_fixed_bytes,
                           target.data(), target.size()) < 0) {
        return fail("an SRV record has a malformed target");
    }
    const std::string_view host = target.data();
    const Service service{.priority = read_u16be(data, 0),
                          .weight = read_u16be(data, 2),
                          .port = read_u16be(data, 4),
                          .target = std::string(host)};
    if (!host.empty() && host != "." && service.port != 0) answer.services.push_back(service);
    return {};
}

Result<void> take_record(const ns_msg& message, const ns_rr& record, DnsAnswer& answer) {
    const ByteView data = data_of(record);
    switch (ns_rr_type(record)) {
        case ns_t_a:
        case ns_t_aaaa: {
            const auto address = endpoint_from_bytes(data, 0);
            const bool wide = ns_rr_type(record) == ns_t_aaaa;
            if (!address || data.size() != (wide ? 16U : 4U)) {
                return fail("an address record of " + std::to_string(data.size()) + " bytes");
            }
            if (!address->is_unspecified()) answer.addresses.push_back(*address);
            return {};
        }
        case ns_t_srv:
            return take_service(message, data, answer);
        default:  // An alias on the way, a signature: not for us.
            return {};
    }
}

}  // namespace

Result<DnsAnswer> parse_dns_answer(ByteView packet) {
    ns_msg message;
    if (packet.size() > NS_MAXMSG ||
        ns_initparse(raw(packet), static_cast<int>(packet.size()), &message) != 0) {
        return fail("the name server's answer is malformed");
    }
    DnsAnswer answer;
    const int count = std::min<int>(ns_msg_count(message, ns_s_an), records_max);
    for (int i = 0; i < count; ++i) {
        ns_rr record;
        if (ns_parserr(&message, ns_s_an, i, &record) != 0) {
            return fail("the name server's answer is malformed");
        }
        if (const auto taken = take_record(message, record, answer); !taken) {
            return fail("the name server's answer is malformed: " + taken.error().message);
        }
    }
    return answer;
}

void sort_best_last(std::vector<Service>& services) {
    std::ranges::stable_sort(services, [](const Service& a, const Service& b) {
        return std::tuple(b.priority, a.weight) < std::tuple(a.priority, b.weight);
    });
}

}  // namespace scrimp::helpers
