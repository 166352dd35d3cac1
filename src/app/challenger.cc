#include "app/challenger.h"

#include <string_view>
#include <utility>

#include "app/config_fields.h"
#include "base/json.h"
#include "base/machine.h"
#include "base/words.h"
#include "runtime/clock.h"
#include "runtime/log.h"

namespace scrimp::app {
namespace {

/// RFC 8555, 8.3.
constexpr std::string_view challenge_path = "/.well-known/acme-challenge/";

/// A token and an answer.
constexpr std::size_t challenge_wish_bytes_max = 1024;

std::string refusal_words(service::ChallengeRefusal why) {
    switch (why) {
        case service::ChallengeRefusal::Denied:
            return "takes none of this node (challenges)";
        case service::ChallengeRefusal::Full:
            return "holds too many already";
        case service::ChallengeRefusal::Taken:
            return "holds another answer for this token";
    }
    return "";
}

std::string settled_sentence(const service::ChallengeSettled& settled) {
    std::string text;
    const auto add = [&text](const std::string& words) {
        text += (text.empty() ? "" : "; ") + words;
    };
    if (!settled.held.empty()) add("held by " + shortened_list(settled.held));
    for (const auto& [name, why] : settled.refused) add(name + " " + refusal_words(why));
    if (!settled.unheard.empty()) {
        add(shortened_list(settled.unheard) + " did not answer within " +
            rough_text(service::challenge_settle_longest));
    }
    if (!settled.unable.empty()) {
        add(counted(settled.unable.size(), "balancer") +
            " of the original cannot answer challenges");
    }
    return text.empty() ? "no balancer is known: nobody would answer" : text;
}

struct ChallengeWish {
    std::string token{};
    std::string answer{};
};

Result<ChallengeWish> read_challenge_wish(const std::string& body, bool has_answer) {
    const auto json =
        parse_json(body.empty() ? "{}" : body, {.bytes_max = challenge_wish_bytes_max});
    if (!json) return tl::unexpected(json.error());
    if (!json->is_object()) return fail("the body must be an object");
    Mistakes mistakes;
    Fields fields(*json, "body", "", mistakes);
    ChallengeWish wish{.token = fields.text("token").value_or("")};
    if (has_answer) wish.answer = fields.text("answer").value_or("");
    fields.refuse_unknown();
    if (mistakes.count() > 0) return tl::unexpected(mistakes.error());
    return wish;
}

}  // namespace

Challenger::Challenger(boost::asio::io_context& loop, const std::string& node_name,
                       bool is_balancer, Send send)
    : loop_(loop),
      self_(node_name),
      send_(std::move(send)),
      told_(runtime::now(), node_name, is_balancer),
      timer_(loop, [this](Instant now) {
          told_.handle_deadline(now);
          if (held_) held_->handle_deadline(now);
          pump();
      }) {}

void Challenger::serve(const service::ChallengePolicy& policy, const std::string& socket) {
    held_ = std::make_unique<service::HeldChallenges>(runtime::now(), self_, policy);
    if (socket.empty()) return;
    auto door = runtime::HttpServer::listen(
        loop_, socket, [this](const auto& request, const auto& reply) { answer(request, reply); },
        runtime::HttpDoor::Everybody);
    if (!door) {
        return runtime::log_warning("no challenge socket at " + socket + ": " +
                                    door.error().message);
    }
    door_ = *std::move(door);
}

void Challenger::set_policy(const service::ChallengePolicy& policy) {
    if (held_) held_->set_policy(policy);
}

/// Strangers ask here: not a word more than they need.
void Challenger::answer(const admin::Request& request,
                        const std::shared_ptr<runtime::HttpReply>& reply) {
    const bool is_ours =
        request.method == admin::Method::Get && request.path.starts_with(challenge_path);
    const auto found = is_ours
                           ? held_->find(runtime::now(), request.path.substr(challenge_path.size()))
                           : std::nullopt;
    const std::string type(admin::text_type);
    if (!found) return reply->send({.status = 404, .content_type = type, .body = "not here\n"});
    reply->send({.content_type = type, .body = std::string(*found)});
}

void Challenger::handle_event(const swim::MemberEvent& event) {
    const Instant now = runtime::now();
    if (held_) held_->handle_event(now, event);
    told_.handle_event(now, event);
    pump();
}

void Challenger::handle_message(const service::ChallengeMessage& message) {
    const Instant now = runtime::now();
    std::visit(
        Overloaded{[&](const service::ChallengeTold& told) {
                       if (held_) held_->handle_told(now, told);
                   },
                   [&](const service::ChallengeOver& over) {
                       if (held_) held_->handle_over(now, over);
                   },
                   [&](const service::ChallengeReply& reply) { told_.handle_reply(now, reply); }},
        message);
    pump();
}

void Challenger::add(const service::Challenge& challenge, Settled settled) {
    if (const Result<void> begun = told_.begin(runtime::now(), challenge); !begun) {
        return settled(false, begun.error().message);
    }
    waiting_.emplace(challenge.token, std::move(settled));
    pump();
}

void Challenger::remove(const std::string& token) {
    told_.end(runtime::now(), token);
    pump();
}

void Challenger::pump() {
    // What we tell ourselves is answered at once, which may be the last that is waited for.
    for (bool again = true; std::exchange(again, false);) {
        while (const auto action = told_.poll_action()) {
            if (const auto* settled = std::get_if<service::ChallengeSettled>(&*action)) {
                perform(*settled);
                continue;
            }
            const auto& tell = std::get<service::TellChallenge>(*action);
            if (tell.member != self_) {
                send_(tell.member, service::encode_challenge(tell.message));
            } else if (const auto* told = std::get_if<service::ChallengeTold>(&tell.message)) {
                held_->handle_told(runtime::now(), *told);
            } else {
                held_->handle_over(runtime::now(), std::get<service::ChallengeOver>(tell.message));
            }
        }
        while (const auto reply = held_ ? held_->poll_action() : std::nullopt) {
            if (reply->member != self_) {
                send_(reply->member, service::encode_challenge(*reply));
                continue;
            }
            told_.handle_reply(runtime::now(), *reply);
            again = true;
        }
    }
    timer_.arm(std::min(told_.next_deadline(), held_ ? held_->next_deadline() : never));
}

void Challenger::perform(const service::ChallengeSettled& settled) {
    const std::string sentence = settled_sentence(settled);
    const auto [first, last] = waiting_.equal_range(settled.token);
    std::vector<Settled> done;
    for (auto each = first; each != last; ++each) done.push_back(std::move(each->second));
    waiting_.erase(first, last);
    for (const Settled& each : done) each(settled.is_whole(), sentence);
}

void add_challenge_pages(AdminDesk& desk, Challenger& challenger) {
    using Reply = std::shared_ptr<runtime::HttpReply>;
    desk.post("/v1/challenges/add", [&](const admin::Request& request, const Reply& reply) {
        const auto wish = read_challenge_wish(request.body, true);
        if (!wish) return reply->send(admin::problem(400, wish.error().message));
        const auto challenge = service::make_challenge(wish->token, wish->answer);
        if (!challenge) return reply->send(admin::problem(400, challenge.error().message));
        const auto progress = std::make_shared<AdminProgress>(reply);
        challenger.add(*challenge, [progress](bool whole, const std::string& sentence) {
            progress->finish(whole, sentence);
        });
    });
    desk.post("/v1/challenges/remove", [&](const admin::Request& request, const Reply& reply) {
        const auto wish = read_challenge_wish(request.body, false);
        if (!wish) return reply->send(admin::problem(400, wish.error().message));
        if (!service::is_token(wish->token)) {
            return reply->send(admin::problem(400, "that is no token of an ACME challenge"));
        }
        challenger.remove(wish->token);
        AdminProgress(reply).finish(true, "every balancer is told to forget it");
    });
}

}  // namespace scrimp::app
