#include "service/metadata.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>

#include "base/json.h"
#include "service/list_test.h"

namespace scrimp::service {
namespace {

Application application(std::string_view name, std::uint16_t listen_port,
                        std::uint16_t application_port, Protocol protocol,
                        const std::vector<std::string_view>& domains) {
    Application made{.name = *Name::parse(name),
                     .listen_port = listen_port,
                     .application_port = application_port,
                     .protocol = protocol,
                     .domains = {}};
    for (const auto domain : domains) made.domains.push_back(*Domain::parse(domain));
    std::ranges::sort(made.domains);
    return made;
}

const Application shop =
    application("shop", 443, 8080, Protocol::Http, {"shop.example", "www.shop.example"});
const Application admin = application("admin", 8443, 9000, Protocol::Https, {"*.admin.example"});

/// Go 1.19, encoding/json and compress/gzip, of the original's structures.
constexpr std::string_view balancer_of_go =
    "1f8b08000000000000ffaa562aa92c4855b252cac94f4cd14d4acc49cc4b4e2d52aa05040000ffff22b7667f180000"
    "00";
constexpr std::string_view backend_of_go =
    "1f8b08000000000000ff74cec10ac2300c06e077f98f5247c11d665f4576885b61c5b6096b60cad8bbcb068a43bd26"
    "f9ff2f33f4211e0e57ea6e3ef7302091183ad2c0b9c05d66644aeb451958601043519f8fc2a3c2a1ae4ffbc86bd1d8"
    "c6c2404656ee38c261505df33d270a5bf3d658f93b25891e06d33455bb51bb98b74e7d0af98b6ffefa676b7ff865ff"
    "c0a1da6a3fc07679060000ffff26b01fc412010000";

std::string gunzip(const Bytes& bytes) {
    z_stream stream{};
    (void)inflateInit2(&stream, 31);
    std::string out(std::size_t{1} << 16, ' ');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    (void)inflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}

std::string backend(const Json& applications) {
    return Json{{"type", "backend"}, {"applications", applications}}.dump();
}

Json good_entry(const std::string& name) {
    return Json{{"name", name},
                {"listen-port", "443"},
                {"application-port", "8080"},
                {"protocol", "http"},
                {"domains", {name + ".example"}}};
}

TEST(Metadata, is_written_as_the_original_writes_it) {
    EXPECT_EQ(render_announcement(Role::LoadBalancer, {}), R"({"type":"load-balancer"})");
    EXPECT_EQ(render_announcement(Role::Backend, {admin, shop}),
              R"({"type":"backend","applications":[{"name":"admin","listen-port":"8443",)"
              R"("application-port":"9000","protocol":"https","domains":["*.admin.example"]},)"
              R"({"name":"shop","listen-port":"443","application-port":"8080","protocol":"http",)"
              R"("domains":["shop.example","www.shop.example"]}]})");
}

TEST(Metadata, reads_what_go_writes) {
    const auto balancer = decode_metadata(*parse_hex(balancer_of_go));
    ASSERT_TRUE(balancer) << balancer.error().message;
    EXPECT_EQ(balancer->role, Role::LoadBalancer);
    const auto backend_announcement = decode_metadata(*parse_hex(backend_of_go));
    ASSERT_TRUE(backend_announcement) << backend_announcement.error().message;
    EXPECT_EQ(
        *backend_announcement,
        (Announcement{.role = Role::Backend, .applications = {admin, shop}, .rejections = {}}));
}

TEST(Metadata, begins_with_the_header_of_gos_gzip_and_tells_nothing_of_its_making) {
    const Bytes bytes = encode_metadata(Role::Backend, {shop})->bytes;
    EXPECT_EQ(to_hex(ByteView(bytes).first(10)), "1f8b08000000000002ff");
}

TEST(Metadata, comes_back_whole_and_is_the_same_in_any_order) {
    const auto one = encode_metadata(Role::Backend, {shop, admin});
    const auto other = encode_metadata(Role::Backend, {admin, shop, admin});
    ASSERT_TRUE(one && other);
    EXPECT_EQ(one->bytes, other->bytes);
    EXPECT_EQ(decode_metadata(one->bytes)->applications, (std::vector{admin, shop}));
}

TEST(Metadata, of_a_list_that_fits_is_the_originals_and_says_no_more) {
    const auto encoded = encode_metadata(Role::Backend, {shop, admin});
    ASSERT_TRUE(encoded);
    EXPECT_EQ(encoded->rest, std::nullopt);
    EXPECT_EQ(encoded->shown, 2u);
    EXPECT_EQ(gunzip(encoded->bytes), render_announcement(Role::Backend, {shop, admin}));
}

TEST(Metadata, shows_the_first_of_a_longer_list_and_says_what_the_whole_is) {
    for (const int count : {60, 1'000}) {
        const std::vector<Application> many = make_applications("application", count);
        const auto encoded = encode_metadata(Role::Backend, many);
        ASSERT_TRUE(encoded) << encoded.error().message;
        EXPECT_LE(encoded->bytes.size(), 512u);
        EXPECT_GE(encoded->shown, 8u);
        const auto back = decode_metadata(encoded->bytes);
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(back->rest, encoded->rest);
        EXPECT_EQ(back->rest, (ListSummary{digest_of(render_list(many)), many.size()}));
        std::vector<Application> sorted = many;
        std::ranges::sort(sorted);
        sorted.erase(sorted.begin() + static_cast<std::ptrdiff_t>(encoded->shown), sorted.end());
        EXPECT_EQ(back->applications, sorted);
        EXPECT_TRUE(back->rejections.empty());
        // Not one more would have fitted.
        const std::string text = gunzip(encoded->bytes);
        const std::string_view tail = std::string_view(text).substr(text.rfind("],\"count\":"));
        EXPECT_EQ(tail, "],\"count\":" + std::to_string(count) + ",\"digest\":\"" +
                            encoded->rest->digest.text() + "\"}");
    }
}

TEST(Metadata, names_what_balancers_of_the_original_will_not_see) {
    EXPECT_EQ(unseen_names({shop, admin}, 1), std::vector<std::string>{"shop"});
    EXPECT_TRUE(unseen_names({shop, admin}, 2).empty());
    const std::vector<Application> many = make_applications("application", 1'000);
    const auto encoded = encode_metadata(Role::Backend, many);
    EXPECT_EQ(unseen_names(many, encoded->shown).size(), 1'000 - encoded->shown);
}

TEST(Metadata, refuses_more_applications_or_a_longer_list_than_there_may_be) {
    const auto too_many = encode_metadata(Role::Backend, make_applications("application", 1'001));
    ASSERT_FALSE(too_many);
    EXPECT_EQ(too_many.error().message,
              "has 1001 applications, at most 1000 are allowed; spread them over more nodes");
    std::vector<Application> wide = make_applications("application", 200);
    for (Application& each : wide) {
        for (int i = 0; i < 99; ++i) {
            each.domains.push_back(*Domain::parse("d" + std::to_string(100 + i) + "." +
                                                  std::string(60, 'x') + "." +
                                                  std::string(60, 'y') + ".example"));
        }
        std::ranges::sort(each.domains);
    }
    const auto too_long = encode_metadata(Role::Backend, wide);
    ASSERT_FALSE(too_long);
    EXPECT_NE(too_long.error().message.find(" bytes, at most 2097152 are allowed; list fewer"),
              std::string::npos)
        << too_long.error().message;
}

TEST(Metadata, is_never_more_than_a_peer_would_inflate) {
    // Three lists of domains that compress to nothing: 75 kB in less than 512 bytes.
    std::vector<Application> tall = {shop, admin, application("c", 1, 1, Protocol::Http, {"c"})};
    for (Application& each : tall) {
        each.domains.clear();
        for (int i = 100; i < 200; ++i) {
            std::string domain = "d" + std::to_string(i);
            for (int label = 0; label < 3; ++label) domain.append(".").append(61, 'x');
            each.domains.push_back(*Domain::parse(domain));
        }
    }
    const auto encoded = encode_metadata(Role::Backend, tall);
    ASSERT_TRUE(encoded && encoded->rest);
    EXPECT_TRUE(decode_metadata(encoded->bytes));
}

TEST(Metadata, keeps_the_applications_beside_a_count_or_digest_at_fault) {
    const std::string digest = "\"digest\":\"" + std::string(32, 'a') + "\"";
    const std::string start = R"({"type":"backend","applications":[)" + good_entry("shop").dump();
    for (const std::string& rest :
         {std::string("\"count\":7"), digest, "\"count\":1," + digest, "\"count\":0," + digest,
          "\"count\":1001," + digest, "\"count\":-3," + digest, "\"count\":2.5," + digest,
          "\"count\":\"7\"," + digest, "\"count\":18446744073709551615," + digest,
          std::string("\"count\":7,\"digest\":\"aa\""), std::string("\"count\":7,\"digest\":7"),
          "\"count\":7,\"digest\":\"" + std::string(32, 'A') + "\"",
          "\"count\":7,\"digest\":\"" + std::string(32, 'g') + "\""}) {
        std::string text = start;
        text.append("],").append(rest).append("}");
        const auto announcement = parse_announcement(text);
        ASSERT_TRUE(announcement) << rest;
        EXPECT_EQ(announcement->rest, std::nullopt) << rest;
        EXPECT_EQ(announcement->applications.size(), 1u);
        ASSERT_EQ(announcement->rejections.size(), 1u) << rest;
        EXPECT_EQ(announcement->rejections[0].application, "");
        EXPECT_NE(announcement->rejections[0].reason.find("only the applications beside it"),
                  std::string::npos);
    }
    EXPECT_TRUE(parse_announcement(start + "],\"count\":2," + digest + "}")->rest);
    EXPECT_TRUE(parse_announcement(R"({"type":"backend","count":2,)" + digest + "}")->rest);
}

TEST(ApplicationList, is_one_text_in_any_order_and_comes_back_whole) {
    const std::vector<Application> many = make_applications("application", 1'000);
    const std::string text = render_list(many);
    EXPECT_EQ(text, render_list({many.rbegin(), many.rend()}));
    const auto back = parse_list(text);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->role, Role::Backend);
    EXPECT_EQ(back->applications.size(), 1'000u);
    EXPECT_TRUE(back->rejections.empty());
    EXPECT_EQ(render_list(back->applications), text);
    EXPECT_EQ(render_list({}), "[]");
}

TEST(ApplicationList, is_known_by_the_beginning_of_its_sha_256) {
    // FIPS 180's example: "abc".
    EXPECT_EQ(digest_of("abc").text(), "ba7816bf8f01cfea414140de5dae2223");
    EXPECT_EQ(parse_digest("ba7816bf8f01cfea414140de5dae2223"), digest_of("abc"));
    // docs/exchange.md's.
    EXPECT_EQ(
        digest_of(render_list({application("shop", 443, 8080, Protocol::Http, {"shop.example"})}))
            .text(),
        "cec214fa1d322c8c728d43163bdcc68b");
    EXPECT_FALSE(parse_digest("BA7816bf8f01cfea414140de5dae2223"));
    EXPECT_FALSE(parse_digest("ba7816bf8f01cfea414140de5dae22"));
}

TEST(ApplicationList, of_others_making_is_read_within_bounds) {
    EXPECT_FALSE(parse_list(""));
    EXPECT_FALSE(parse_list("{}"));
    EXPECT_FALSE(parse_list("[" + std::string(list_bytes_max, ' ') + "]"));
    EXPECT_EQ(parse_list("[[[[[[]]]]]]").error().message,
              "is not the JSON of a list: nested more than 5 deep");
    std::string brackets = "[";
    while (brackets.size() < list_bytes_max - 5) brackets += "[],";
    EXPECT_EQ(parse_list(brackets + "0]").error().message,
              "is not the JSON of a list: holds more than 160000 values");
    Json entry = good_entry("shop");
    entry["colour"] = Json{{"later", 1}};
    Json gopher = good_entry("gopher");
    gopher["protocol"] = "gopher";
    const auto list = parse_list(Json::array({entry, gopher}).dump());
    ASSERT_TRUE(list);
    EXPECT_EQ(list->applications.size(), 1u);
    EXPECT_EQ(list->rejections.size(), 1u);
}

TEST(Metadata, leaves_out_the_application_at_fault_and_keeps_the_others) {
    Json evil = good_entry("evil");
    evil["domains"] =
        Json::array({"x; } server { listen 81; return 200 pwned; } server { listen 444; "
                     "server_name y"});
    Json port_zero = good_entry("zero");
    port_zero["listen-port"] = "0";
    Json port_large = good_entry("large");
    port_large["application-port"] = 70'000;
    Json gopher = good_entry("gopher");
    gopher["protocol"] = "gopher";
    const auto announcement =
        decode_metadata(pack(backend({evil, good_entry("shop"), port_zero, port_large, gopher,
                                      good_entry(std::string(300, 'n')), Json("text")})));
    ASSERT_TRUE(announcement);
    ASSERT_EQ(announcement->applications.size(), 1u);
    EXPECT_EQ(announcement->applications[0].name.text(), "shop");
    ASSERT_EQ(announcement->rejections.size(), 6u);
    EXPECT_EQ(announcement->rejections[0].application, "#7");
    EXPECT_EQ(announcement->rejections[1].application, "evil");
    EXPECT_EQ(announcement->rejections[3],
              (Rejection{"large", "application-port: '70000' is not a port from 1 to 65535"}));
    EXPECT_EQ(announcement->rejections[4].application.size(), 63u);
}

TEST(Metadata, escapes_and_shortens_what_a_log_line_will_show) {
    Json entry = good_entry("x");
    entry["name"] = std::string("evil\n\x1b[31m\0", 11) + std::string(300, 'y');
    entry["domains"] = Json::array({std::string("\r\n") + std::string(500, 'z')});
    const auto announcement = parse_announcement(backend(Json::array({entry})));
    ASSERT_TRUE(announcement);
    ASSERT_EQ(announcement->rejections.size(), 1u);
    for (const std::string& text :
         {announcement->rejections[0].application, announcement->rejections[0].reason}) {
        EXPECT_LE(text.size(), 200u);
        EXPECT_TRUE(std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; })) << text;
    }
}

TEST(Metadata, reads_a_thousand_applications_no_more_and_reports_a_few_faults) {
    Json empty_objects = Json::array();
    for (int i = 0; i < 1'200; ++i) empty_objects.push_back(Json::object());
    const auto faults = parse_announcement(backend(empty_objects));
    ASSERT_TRUE(faults);
    EXPECT_TRUE(faults->applications.empty());
    ASSERT_EQ(faults->rejections.size(), rejections_max);
    EXPECT_EQ(faults->rejections.back(), (Rejection{"others", "986 more are at fault"}));

    Json many = Json::array();
    for (int i = 0; i < 500; ++i) many.push_back(good_entry("a" + std::to_string(i)));
    EXPECT_EQ(parse_announcement(backend(many))->applications.size(), 500u);
}

TEST(Metadata, inflates_a_bomb_no_further_than_its_bound) {
    const std::string spaces(500'000, ' ');
    const Bytes bomb = pack(spaces);
    ASSERT_LE(bomb.size(), 512u + 50u);
    EXPECT_FALSE(decode_metadata(bomb));
    const auto small_bomb = decode_metadata(pack(std::string(100'000, ' ')));
    ASSERT_FALSE(small_bomb);
    EXPECT_EQ(small_bomb.error().message, "inflates to more than 65536 bytes");
}

TEST(Metadata, refuses_the_whole_when_nothing_can_be_made_of_it) {
    EXPECT_FALSE(decode_metadata({}));
    EXPECT_FALSE(decode_metadata(to_bytes("not gzip at all")));
    EXPECT_FALSE(decode_metadata(Bytes(600)));
    Bytes cut = encode_metadata(Role::Backend, {shop})->bytes;
    cut.resize(cut.size() - 9);
    EXPECT_EQ(decode_metadata(cut).error().message, "is not gzip, or cut short");
    Bytes longer = encode_metadata(Role::Backend, {shop})->bytes;
    longer.push_back(std::byte{0});
    EXPECT_EQ(decode_metadata(longer).error().message,
              "has bytes behind the end of its gzip stream");
    Bytes damaged = encode_metadata(Role::Backend, {shop})->bytes;
    damaged[damaged.size() - 6] ^= std::byte{1};
    EXPECT_FALSE(decode_metadata(damaged));
    for (const char* text :
         {"", "{", "[]", "7", "{}", R"({"type":7})", R"({"type":null})",
          R"({"type":"backend","applications":{}})", R"({"type":"backend","type":"backend"})",
          R"({"type":"backend","applications":[{"name":"a","name":"b"}]})"}) {
        EXPECT_FALSE(decode_metadata(pack(text))) << text;
    }
}

TEST(Metadata, refuses_deep_nesting_before_it_hurts) {
    const auto deep =
        decode_metadata(pack(R"({"type":"backend","applications":)" + std::string(60'000, '[')));
    ASSERT_FALSE(deep);
    EXPECT_EQ(deep.error().message, "is not the JSON of an announcement: nested more than 8 deep");
}

TEST(Metadata, takes_a_role_it_does_not_know_for_what_it_is) {
    const auto other = parse_announcement(R"({"type":"observer","applications":7})");
    ASSERT_TRUE(other);
    EXPECT_EQ(other->role, Role::Unknown);
    const auto bare = parse_announcement(R"({"type":"backend","applications":null})");
    ASSERT_TRUE(bare);
    EXPECT_TRUE(bare->applications.empty());
}

}  // namespace
}  // namespace scrimp::service
