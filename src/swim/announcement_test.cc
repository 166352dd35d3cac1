// What is let in at the door, and in what form it goes on.
#include "swim/announcement.h"

#include "swim/rules_test.h"

namespace scrimp::swim {
namespace {

using Announcements = Rules;

TEST_F(Announcements, versions_are_six_or_absent_whoever_they_are_of) {
    for (std::size_t size = 0; size <= 8; ++size) {
        const std::string name = "x" + std::to_string(size);
        wire::Alive odd = alive(name, 2);
        odd.versions = *parse_hex("010502000000");
        odd.versions->resize(size);
        rules.handle_alive(now, odd);
        EXPECT_EQ(state(name), size == 6 ? "alive 2" : "unknown") << size;
        (void)news();

        meet(name, 1);
        (void)news();
        odd.incarnation = 3;
        const std::uint64_t refused = body.stats.announcements_refused;
        rules.handle_alive(now, odd);
        if (size == 0 || size == 6) {
            EXPECT_EQ(state(name), "alive 3") << size;
            EXPECT_EQ(std::get<wire::Alive>(news().at(0)), alive(name, 3)) << size;
        } else {
            EXPECT_EQ(state(name), "alive 1") << size;
            EXPECT_TRUE(news().empty()) << size;
            EXPECT_EQ(body.stats.announcements_refused, refused + 1) << size;
        }
    }
}

TEST_F(Announcements, endless_versions_never_reach_the_queue) {
    meet("known", 1);
    meet("held", 1);
    (void)news();
    for (wire::Alive said : {alive("known", 2), alive("unknown", 2), alive("held", 2, 3)}) {
        said.versions = Bytes(100'000, std::byte{1});
        rules.handle_alive(now, said);
    }
    wire::NodeState told = remote("known", 2, State::Alive);
    told.versions = Bytes(100'000, std::byte{1});
    (void)rules.merge(now, {told});
    EXPECT_EQ(state("known"), "alive 1");
    EXPECT_EQ(state("unknown"), "unknown");
    rules.handle_dead(now, {1, "held", "y"});
    EXPECT_EQ(state("held"), "dead 1") << "nor the claims";
    EXPECT_EQ(body.news.size(), 1u);
}

TEST_F(Announcements, the_longest_possible_news_fits_the_fullest_packet) {
    wire::Envelope envelope;
    envelope.label = std::string(255, 'l');
    ASSERT_TRUE(envelope.keys.add(Bytes(32, std::byte{7})));
    constexpr std::size_t crc_bytes = 5;
    const std::size_t room = wire::packet_room(envelope, wire::packet_bytes_max_default) -
                             wire::compound_overhead - crc_bytes;
    const auto drawn = [&] {
        std::vector<Bytes> parts;
        body.news.draw(room, 1, 1, parts);
        return *wire::decode_message(parts.at(0));
    };
    wire::Alive longest = alive(std::string(name_bytes_max, 'n'), incarnation_max - 1, 2,
                                std::string(metadata_bytes_max, 'm'));
    longest.address = parse_ip("2001:db8::1")->ip_bytes();
    rules.handle_alive(now, longest);
    EXPECT_EQ(std::get<wire::Alive>(drawn()), longest);
    const std::string accuser(name_bytes_max, 'f');
    rules.handle_suspect(now, {longest.incarnation, longest.node, accuser});
    EXPECT_EQ(std::get<wire::Suspect>(drawn()).from, accuser);
    rules.handle_dead(now, {longest.incarnation, longest.node, accuser});
    EXPECT_EQ(std::get<wire::Dead>(drawn()).from, accuser);
}

TEST_F(Announcements, what_is_passed_on_is_what_was_taken_in) {
    wire::Alive said = alive("x", 1, 2, "meta");
    said.address = parse_hex("00000000000000000000ffff0a000002");
    rules.handle_alive(now, said);
    EXPECT_EQ(std::get<wire::Alive>(news().at(0)), said) << "the address in its own form";
    said.incarnation = 2;
    said.meta = Bytes{};
    said.versions.reset();
    rules.handle_alive(now, said);
    said.meta.reset();
    said.versions = *parse_hex("010502000000");
    EXPECT_EQ(std::get<wire::Alive>(news().at(0)), said) << "what is missing as we know it";
}

}  // namespace

TEST_F(Announcements, tells_once_a_second_whose_announcement_is_refused_and_why) {
    wire::Alive odd = alive(std::string(300, 'n'), 1);
    rules.handle_alive(now, odd);
    EXPECT_EQ(changes(), "refused: has a name of 300 bytes, not 1 to 255");
    odd.node = "fat";
    odd.meta = Bytes(513);
    rules.handle_alive(now, odd);
    EXPECT_EQ(changes(), "") << "within the second";
    now += std::chrono::seconds{1};
    rules.handle_alive(now, odd);
    EXPECT_EQ(changes(), "refused: has metadata of 513 bytes, more than the 512 allowed");
}

}  // namespace scrimp::swim
