#include "helpers/dns_answer.h"

#include <gtest/gtest.h>

namespace scrimp::helpers {
namespace {

/// An answer to one question about x.y with these records, given without their names.
class Packet {
  public:
    explicit Packet(std::uint16_t records) {
        // An identifier, the flags of an answer, the counts of questions and answers.
        append(*parse_hex("123481800001"));
        append_u16be(bytes_, records);
        append(
            *parse_hex("00000000"
                       "0178017900"
                       "00010001"));
    }

    Packet& record(std::uint16_t type, const Bytes& data) {
        append_u16be(bytes_, 0xc00c);  // The name of the question.
        append_u16be(bytes_, type);
        append_u16be(bytes_, 1);
        append_u32be(bytes_, 60);
        append_u16be(bytes_, static_cast<std::uint16_t>(data.size()));
        append(data);
        return *this;
    }

    [[nodiscard]] const Bytes& bytes() const { return bytes_; }

  private:
    void append(const Bytes& more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }

    Bytes bytes_;
};

constexpr std::uint16_t a = 1;
constexpr std::uint16_t cname = 5;
constexpr std::uint16_t aaaa = 28;
constexpr std::uint16_t srv = 33;

Bytes hex(std::string_view text) {
    return *parse_hex(text);
}

TEST(DnsAnswer, holds_addresses_of_both_families) {
    const Packet packet = Packet(3)
                              .record(cname, hex("c00c"))
                              .record(a, hex("0a000001"))
                              .record(aaaa, hex("fd000000000000000000000000000007"));
    const auto answer = parse_dns_answer(packet.bytes());
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->addresses,
              (std::vector<Endpoint>{*parse_ip("10.0.0.1"), *parse_ip("fd00::7")}));
}

TEST(DnsAnswer, holds_services_with_their_targets) {
    // Priority 10, weight 5, port 9999, target "x.y" by reference, "z." spelled out, and ".".
    const Packet packet = Packet(3)
                              .record(srv, hex("000a0005270fc00c"))
                              .record(srv, hex("000a0005270f017a00"))
                              .record(srv, hex("000a0005270f00"));
    const auto answer = parse_dns_answer(packet.bytes());
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->services, (std::vector<Service>{{10, 5, 9999, "x.y"}, {10, 5, 9999, "z"}}));
}

TEST(DnsAnswer, leaves_out_where_nobody_can_be) {
    const Packet packet = Packet(5)
                              .record(a, hex("00000000"))
                              .record(aaaa, hex("00000000000000000000000000000000"))
                              .record(a, hex("0a000001"))
                              .record(srv, hex("000a00050000c00c"))
                              .record(srv, hex("000a0005270fc00c"));
    const auto answer = parse_dns_answer(packet.bytes());
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->addresses, (std::vector<Endpoint>{*parse_ip("10.0.0.1")}));
    EXPECT_EQ(answer->services, (std::vector<Service>{{10, 5, 9999, "x.y"}}));
}

TEST(DnsAnswer, is_refused_wherever_it_is_cut) {
    const Packet packet =
        Packet(2).record(a, hex("0a000001")).record(srv, hex("000a0005270f017a00"));
    ASSERT_TRUE(parse_dns_answer(packet.bytes()));
    for (std::size_t size = 0; size < packet.bytes().size(); ++size) {
        EXPECT_FALSE(parse_dns_answer(ByteView(packet.bytes()).first(size))) << size;
    }
}

TEST(DnsAnswer, is_refused_if_a_record_is_of_the_wrong_size) {
    EXPECT_FALSE(parse_dns_answer(Packet(1).record(a, hex("0a0000")).bytes()));
    EXPECT_FALSE(
        parse_dns_answer(Packet(1).record(a, hex("fd000000000000000000000000000007")).bytes()));
    EXPECT_FALSE(parse_dns_answer(Packet(1).record(aaaa, hex("0a000001")).bytes()));
    EXPECT_FALSE(parse_dns_answer(Packet(1).record(srv, hex("000a0005270f")).bytes()));
}

TEST(DnsAnswer, is_refused_if_a_name_points_to_itself) {
    // The target is a reference to where it stands itself: 12 + 9 bytes, then 12 of the record, 6.
    EXPECT_FALSE(parse_dns_answer(Packet(1).record(srv, hex("000a0005270fc027")).bytes()));
}

TEST(DnsAnswer, puts_the_preferred_service_last) {
    std::vector<Service> services{
        {10, 5, 1, "a"}, {20, 9, 2, "b"}, {10, 50, 3, "c"}, {10, 5, 4, "d"}};
    sort_best_last(services);
    std::string order;
    for (const Service& service : services) order += service.target;
    EXPECT_EQ(order, "badc");
}

}  // namespace
}  // namespace scrimp::helpers
