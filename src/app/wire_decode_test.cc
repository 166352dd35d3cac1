#include "app/wire_decode.h"

#include <gtest/gtest.h>

#include <sstream>

#include <nlohmann/json.hpp>

namespace scrimp::app {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Json> decode(const std::string& input, const WireDecodeOptions& options = {}) {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream errors;
    EXPECT_EQ(wire_decode(in, out, errors, options), 0) << errors.str();
    std::vector<Json> objects;
    std::istringstream lines(out.str());
    for (std::string line; std::getline(lines, line);) objects.push_back(Json::parse(line));
    return objects;
}

const std::string key = "000102030405060708090a0b0c0d0e0f";
const std::string ack = "0282a75061796c6f6164c0a55365714e6f2a";
const std::string sealed_ack =
    "01303132333435363738393a3b999feeba23c96683d1d82b28838ab3f76bbb3ca066a767320b9bc5094e29abebaf6"
    "e";

TEST(WireDecode, prints_one_object_a_payload_with_fields_by_their_wire_names) {
    const auto objects = decode(
        "udp "
        "0486a441646472a40a000001ab496e6361726e6174696f6e01a44d657461c0a44e6f6465a26e31a4506f7274cd"
        "1f0aa356736ea6010502000000\n"
        "\n# a comment\n"
        "tcp 0881aa557365724d73674c656e0568656c6c6f\n");
    ASSERT_EQ(objects.size(), 2u);
    EXPECT_EQ(objects[0].dump(),
              R"({"type":"alive","Addr":"0a000001","Incarnation":1,"Meta":null,"Node":"n1",)"
              R"("Port":7946,"Vsn":"010502000000"})");
    EXPECT_EQ(objects[1].dump(), R"({"type":"user","Payload":"68656c6c6f"})");
}

TEST(WireDecode, nests_what_envelopes_hold) {
    const auto objects =
        decode("udp 0c7fec392d070200120009" + ack + "0b81a55365714e6f2a\nudp " + sealed_ack + "\n",
               {{"ffffffffffffffffffffffffffffffff", key}, ""});
    ASSERT_EQ(objects.size(), 2u);
    const Json& compound = objects[0]["messages"][0];
    EXPECT_EQ(objects[0]["type"], "hasCrc");
    EXPECT_EQ(compound["type"], "compound");
    EXPECT_EQ(compound["messages"][1].dump(), R"({"type":"nack","SeqNo":42})");
    EXPECT_EQ(objects[1]["type"], "encrypt");
    EXPECT_EQ(objects[1]["Key"], 1);
    EXPECT_EQ(objects[1]["messages"][0]["SeqNo"], 42);
}

TEST(WireDecode, prints_a_push_pull_with_its_node_states) {
    const auto objects = decode(
        "tcp 0683a44a6f696ec3a54e6f64657301ac5573657253746174654c656e0087a441646472a40a000001ab496e"
        "6361726e6174696f6e01a44d657461c0a44e616d65a26e31a4506f7274cd1f0aa5537461746500a356736ea601"
        "0502000000\n");
    ASSERT_EQ(objects.size(), 1u);
    EXPECT_EQ(objects[0]["type"], "pushPull");
    EXPECT_EQ(objects[0]["Join"], true);
    EXPECT_EQ(objects[0]["Nodes"], 1);
    EXPECT_EQ(objects[0]["NodeStates"][0]["Name"], "n1");
}

TEST(WireDecode, goes_on_after_a_line_that_is_none) {
    const auto objects = decode("hello\nudp 0\nsctp 00\nudp " + ack + "\n");
    ASSERT_EQ(objects.size(), 4u);
    EXPECT_EQ(objects[0]["type"], "badLine");
    EXPECT_EQ(objects[1]["line"], 2);
    EXPECT_TRUE(objects[2].contains("error"));
    EXPECT_EQ(objects[3]["type"], "ack");
}

TEST(WireDecode, says_why_bytes_are_refused) {
    const auto objects =
        decode("udp 0481a4506f7274a178\nudp ff\ntcp 0681a54e6f646573ff\nudp 0700\n");
    ASSERT_EQ(objects.size(), 4u);
    EXPECT_EQ(objects[0]["type"], "alive");
    EXPECT_EQ(objects[0]["error"],
              "bad-body: alive: Port is cut off, out of range or of another type");
    EXPECT_EQ(objects[0]["bytes"], "0481a4506f7274a178");
    EXPECT_EQ(objects[1]["type"], "unknown");
    EXPECT_EQ(objects[2]["type"], "pushPull");
    EXPECT_EQ(objects[3]["messages"].size(), 0u);
    EXPECT_FALSE(objects[3].contains("error"));
}

TEST(WireDecode, shows_what_a_foreign_label_or_a_missing_seal_guards_beside_the_error) {
    const auto labelled = decode("udp f40470726f64" + ack + "\n");
    EXPECT_EQ(labelled[0]["error"], "label-mismatch: label: one where none is wanted");
    EXPECT_EQ(labelled[0]["Label"], "prod");
    EXPECT_EQ(labelled[0]["messages"][0]["type"], "ack");
    EXPECT_FALSE(decode("udp f40470726f64" + ack + "\n", {{}, "prod"})[0].contains("error"));

    const auto plain = decode("udp " + ack + "\n", {{key}, ""});
    EXPECT_EQ(plain[0]["type"], "ack");
    EXPECT_EQ(plain[0]["error"], "not-encrypted: a plain packet where sealed ones are wanted");
    const auto foreign =
        decode("udp " + sealed_ack + "\n", {{"00000000000000000000000000000000"}, ""});
    EXPECT_EQ(foreign[0]["error"], "undecryptable: encrypt: no key opens it");
}

TEST(WireDecode, takes_a_stream_without_label_header_for_an_answer) {
    const auto objects = decode("tcp " + ack + "\ntcp f40470726f64" + ack + "\n", {{}, "prod"});
    EXPECT_EQ(objects[0]["type"], "ack");
    EXPECT_FALSE(objects[0].contains("error"));
    EXPECT_EQ(objects[1]["messages"][0]["type"], "ack");
}

TEST(WireDecode, prints_names_that_are_not_utf8_as_valid_text) {
    const auto objects = decode("udp 0082a44e6f6465a2ff31a55365714e6f2a\n");
    EXPECT_EQ(objects[0]["Node"],
              "\xef\xbf\xbd"
              "1");
}

TEST(WireDecode, refuses_a_key_of_a_wrong_length) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream errors;
    EXPECT_EQ(wire_decode(in, out, errors, {{"00"}, ""}), 2);
    EXPECT_EQ(errors.str(), "--key: a key has 16, 24 or 32 bytes, not 1\n");
}

}  // namespace
}  // namespace scrimp::app
