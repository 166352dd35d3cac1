// What golden_test.cc does not show: that bodies of other encoders and of no encoder are read well.
#include "wire/message.h"

#include <gtest/gtest.h>

namespace scrimp::wire {
namespace {

std::string error_of(std::string_view hex) {
    const auto message = decode_message(parse_hex(hex).value());
    return message ? "" : message.error().message;
}

TEST(Message, errors_name_the_message_and_the_field) {
    EXPECT_EQ(error_of("0481a4506f7274a178"),
              "alive: Port is cut off, out of range or of another type");
    EXPECT_EQ(error_of("0392"), "suspect: the body is not a map");
    EXPECT_EQ(error_of("0582"), "dead: the body is cut off or a key is not text");
    EXPECT_EQ(error_of("0081a15a92"), "ping: an unknown field is cut off");
    EXPECT_EQ(error_of("06"), "type 6 does not travel in packets");
    EXPECT_EQ(error_of(""), "a message without its type byte");
}

TEST(Message, errors_never_repeat_what_the_peer_wrote) {
    EXPECT_EQ(error_of("0081a7070a1b5b326d0ac1"), "ping: an unknown field is cut off");
}

TEST(Message, with_missing_fields_has_zeros) {
    EXPECT_EQ(decode_message(parse_hex("0480").value()), Message(Alive{}));
}

TEST(Message, with_a_repeated_field_has_the_last) {
    EXPECT_EQ(decode_message(parse_hex("0b82a55365714e6f01a55365714e6f02").value()),
              Message(Nack{2}));
}

TEST(Message, with_names_that_are_no_text_keeps_their_bytes) {
    const Message message = Suspect{1, std::string("\xff\0\n", 3), std::string(300, 'n')};
    EXPECT_EQ(decode_message(encode_message(message)), message);
}

TEST(Message, of_a_user_may_be_empty) {
    EXPECT_EQ(to_hex(encode_message(User{})), "08");
    EXPECT_EQ(decode_message(parse_hex("08").value()), Message(User{}));
}

TEST(Message, types_have_the_names_of_the_documentation) {
    EXPECT_EQ(name_of(MessageType::IndirectPing), "indirectPing");
    EXPECT_EQ(name_of(MessageType::HasLabel), "label");
    EXPECT_EQ(name_of(static_cast<MessageType>(99)), "unknown");
}

}  // namespace
}  // namespace scrimp::wire
