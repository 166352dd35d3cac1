#include "service/exchange_message.h"

#include <gtest/gtest.h>

namespace scrimp::service {
namespace {

TEST(ExchangeMessage, comes_back_as_it_was) {
    const ListDigest digest = digest_of("x");
    const std::string text = "[\n\"\xff\"]";
    Call full{std::string(255, '"'), std::vector<ListDigest>(call_digests_max, digest)};
    for (const ExchangeMessage& message :
         {ExchangeMessage(Question{"lb1", digest}), ExchangeMessage(Call{"lb\\\"1", {}}),
          ExchangeMessage(full), ExchangeMessage(Answer{digest, "b1", text})}) {
        const Bytes payload = encode_exchange(message);
        EXPECT_EQ(decode_exchange(payload), message);
    }
    EXPECT_LE(encode_exchange(full).size(), exchange_header_bytes_max);
}

TEST(ExchangeMessage, is_written_as_documented) {
    const ListDigest digest = digest_of("abc");
    const auto text = [](const ExchangeMessage& message) {
        return std::string(text_of(encode_exchange(message)));
    };
    EXPECT_EQ(text(Question{"lb1", digest}), R"({"scrimplb":1,"message":"query","asker":"lb1",)"
                                             R"("digest":"ba7816bf8f01cfea414140de5dae2223"})");
    EXPECT_EQ(text(Call{"lb1", {}}), R"({"scrimplb":1,"message":"query","asker":"lb1"})");
    EXPECT_EQ(text(Call{"lb1", {digest, digest}}),
              R"({"scrimplb":1,"message":"query","asker":"lb1",)"
              R"("digests":["ba7816bf8f01cfea414140de5dae2223",)"
              R"("ba7816bf8f01cfea414140de5dae2223"]})");
    EXPECT_EQ(text(Answer{digest, "b1", "abc"}),
              R"({"scrimplb":1,"message":"answer",)"
              R"("digest":"ba7816bf8f01cfea414140de5dae2223","source":"b1"})"
              "\nabc");
}

}  // namespace
}  // namespace scrimp::service
