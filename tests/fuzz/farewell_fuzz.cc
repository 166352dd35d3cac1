// What anybody may say to a backend and a balancer about draining and about ACME challenges, and
// what an application may answer to a check: a message that decodes is written and read as the
// same, it makes a balancer answer nobody but who is named, and a judged answer stays judged the
// same when more follows. The first byte chooses: a message, or the answer to a check of some kind.
#include <algorithm>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "fuzz.h"
#include "service/acknowledgements.h"
#include "service/challenges.h"
#include "service/check_dialogue.h"
#include "service/farewell.h"
#include "service/farewell_message.h"
#include "service/held_challenges.h"

namespace {

using namespace scrimp;

void hear(ByteView payload) {
    const auto message = service::decode_farewell(payload);
    if (!message) return;
    SCRIMP_ASSERT(service::decode_farewell(service::encode_farewell(*message)) == message);
    service::Acknowledgements desk(Instant{}, "lb1");
    service::Farewell farewell(Instant{}, "b1");
    if (const auto* question = std::get_if<service::ServingQuestion>(&*message)) {
        desk.handle_question(Instant{}, *question);
        desk.handle_placed(Instant{}, question->asker, question->digest, 1);
        desk.handle_served(Instant{}, 1);
        const auto answer = desk.poll_action();
        SCRIMP_ASSERT(answer && answer->member == question->asker && !desk.poll_action());
        SCRIMP_ASSERT(service::decode_farewell(answer->payload));
    } else {
        farewell.handle_answer(Instant{}, std::get<service::ServingAnswer>(*message));
        SCRIMP_ASSERT(!farewell.poll_action());
    }
}

/// Whatever is served to strangers has the grammar of an answer.
void hear_challenge(ByteView payload) {
    const auto message = service::decode_challenge(payload);
    if (!message) return;
    SCRIMP_ASSERT(service::decode_challenge(service::encode_challenge(*message)) == message);
    service::HeldChallenges shelf(Instant{}, "lb1", {.nodes = {"*"}});
    if (const auto* told = std::get_if<service::ChallengeTold>(&*message)) {
        const auto& [token, answer] = told->challenge;
        SCRIMP_ASSERT(service::make_challenge(token, answer));
        shelf.handle_told(Instant{}, *told);
        const bool is_known = told->asker == "lb1";  // Nobody else is a member.
        SCRIMP_ASSERT(shelf.find(Instant{}, token).has_value() == is_known);
        SCRIMP_ASSERT(shelf.poll_action().has_value() == is_known);
    } else if (const auto* reply = std::get_if<service::ChallengeReply>(&*message)) {
        service::Challenges desk(Instant{}, "b1", false);
        desk.handle_reply(Instant{}, *reply);
        SCRIMP_ASSERT(!desk.poll_action());
    } else {
        shelf.handle_over(Instant{}, std::get<service::ChallengeOver>(*message));
        SCRIMP_ASSERT(!shelf.poll_action());
    }
}

void judge(service::CheckKind kind, std::string_view received) {
    const service::Check check{.kind = kind};
    received = received.substr(0, service::check_answer_bytes_max);
    for (std::size_t i = 0; i <= received.size(); ++i) {
        const auto early = service::judge_check_answer(check, received.substr(0, i));
        if (!early) continue;
        SCRIMP_ASSERT(service::judge_check_answer(check, received) == early);
        for (const char c : early->reason) SCRIMP_ASSERT(c >= ' ' && c < 0x7f);
        return;
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input = fuzz::view(data, size);
    if (input.empty()) return 0;
    const ByteView rest = input.subspan(1);
    // Judged from each of its beginnings.
    constexpr std::size_t answer_bytes_max = 2048;
    const ByteView answer = rest.first(std::min(rest.size(), answer_bytes_max));
    if (data[0] % 3 == 0) {
        hear(rest);
        hear_challenge(rest);
    }
    if (data[0] % 3 == 1) judge(service::CheckKind::Http, text_of(answer));
    if (data[0] % 3 == 2) judge(service::CheckKind::Grpc, text_of(answer));
    return 0;
}
