#include "service/exchange.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "base/assert.h"
#include "base/printable.h"
#include "base/random.h"
#include "service/answer_desk.h"
#include "service/exchange_message.h"
#include "service/kept_lists.h"
#include "service/message_fields.h"

namespace scrimp::service {
namespace {

/// In vain so often, some four seconds after the first question, a person should hear of it.
constexpr int told_first = 4;

/// What we know of another member: as much as the exchange needs.
struct Peer {
    std::shared_ptr<const swim::Profile> profile;
    Role role = Role::Unknown;
    std::optional<ListDigest> announces;
    /// Whoever announces another list every moment is not asked every moment.
    Instant may_ask_at = Instant::min();
};

/// A list that is announced and not known.
struct Want {
    std::set<std::string> announcers;  ///< At least one.
    Instant ask_at{};
    int attempts = 0;
    int tell_at = told_first;
    bool to_call = true;  ///< Announced, or asked for, since the last broadcast.
    std::string reason = "nobody answers";
};

/// A question under way, until then at the latest.
using Asked = std::pair<ListDigest, Instant>;

}  // namespace

struct Exchange::State {
    State(Instant now, ExchangeConfig given, std::uint64_t seed)
        : config(std::move(given)),
          random(seed),
          latest(now),
          kept(config.kept_bytes_max, config.unused_keep),
          desk(config, random) {
        SCRIMP_ASSERT(is_plain_name(config.self) && config.asked_max > 0);
        SCRIMP_ASSERT(config.retry_min > Duration::zero());
    }

    ExchangeConfig config;
    Random random;
    Instant latest;
    std::deque<ExchangeAction> actions;
    ExchangeStats stats;

    std::map<std::string, Peer> peers;
    std::set<std::string> balancers;  ///< Those of the peers.
    std::size_t turn = 0;             ///< Counts up through them.

    std::map<ListDigest, Want> wants;
    std::set<std::pair<Instant, ListDigest>> agenda;  ///< Of all wants: when to ask.
    std::vector<Asked> asked;
    Instant call_at = never;
    Instant may_call_at = Instant::min();
    bool called_for_all = false;
    ListDigest called_last;

    ListTexts remembered;  ///< Until the first event: only then do they age.
    KeptLists kept;
    AnswerDesk desk;
    std::string own_text;
    ListDigest own_digest;

    void observe(Instant now) {
        SCRIMP_ASSERT(now >= latest);
        latest = now;
    }

    void meet(const std::shared_ptr<const swim::Profile>& profile, const Announcement& announced);
    void forget(const std::string& name);
    void announce(const std::string& name, Peer& peer);
    void unannounce(const std::string& name, const ListDigest& digest);
    void erase_want(const ListDigest& digest);
    void set_ask_at(const ListDigest& digest, Want& want, Instant at);

    void ask_what_is_due();
    void ask(const ListDigest& digest, Want& want);
    [[nodiscard]] std::string choose_whom(const Want& want);
    void plan_call();
    void call();

    void handle(const Question& question);
    [[nodiscard]] bool answer(const Question& question);
    void handle(const Call& call);
    void handle(const Answer& answer);
    void answer_calls();
    void send_list(const std::string& asker, const ListDigest& digest, std::string_view text);
};

void Exchange::State::meet(const std::shared_ptr<const swim::Profile>& profile,
                           const Announcement& announced) {
    Peer& peer = peers[profile->name];
    peer.profile = profile;
    peer.role = announced.role;
    if (peer.role == Role::LoadBalancer) {
        balancers.insert(profile->name);
        for (const Question& held : desk.take_held(latest, profile->name)) (void)answer(held);
    } else {
        balancers.erase(profile->name);
    }
    std::optional<ListDigest> announces;
    if (config.role == Role::LoadBalancer && announced.rest) announces = announced.rest->digest;
    if (announces == peer.announces) return;
    if (peer.announces) unannounce(profile->name, *peer.announces);
    peer.announces = announces;
    if (announces) announce(profile->name, peer);
}

void Exchange::State::forget(const std::string& name) {
    const auto found = peers.find(name);
    if (found == peers.end()) return;
    if (found->second.announces) unannounce(name, *found->second.announces);
    balancers.erase(name);
    peers.erase(found);
}

void Exchange::State::announce(const std::string& name, Peer& peer) {
    const ListDigest& digest = *peer.announces;
    if (const KeptList* list = kept.find(digest)) {
        kept.use(digest);
        actions.emplace_back(ListLearned{name, digest, list->text, list->source});
        return;
    }
    const auto [place, is_new] = wants.try_emplace(digest);
    Want& want = place->second;
    want.announcers.insert(name);
    // One that was asked for in vain may be had from the newcomer.
    Instant at = std::max(latest, peer.may_ask_at);
    const auto under_way = std::ranges::find(asked, digest, &Asked::first);
    if (under_way != asked.end()) at = std::max(at, under_way->second);
    if (is_new || at < want.ask_at) set_ask_at(digest, want, at);
    if (is_new) plan_call();
}

void Exchange::State::unannounce(const std::string& name, const ListDigest& digest) {
    const auto found = wants.find(digest);
    if (found == wants.end()) return kept.release(latest, digest);
    found->second.announcers.erase(name);
    if (found->second.announcers.empty()) erase_want(digest);
}

void Exchange::State::erase_want(const ListDigest& digest) {
    const auto found = wants.find(digest);
    agenda.erase({found->second.ask_at, digest});
    wants.erase(found);
    std::erase_if(asked, [&](const auto& entry) { return entry.first == digest; });
}

void Exchange::State::set_ask_at(const ListDigest& digest, Want& want, Instant at) {
    agenda.erase({want.ask_at, digest});
    want.ask_at = at;
    agenda.emplace(at, digest);
}

void Exchange::State::ask_what_is_due() {
    std::erase_if(asked, [this](const auto& entry) { return latest >= entry.second; });
    while (asked.size() < config.asked_max && !agenda.empty() && agenda.begin()->first <= latest) {
        const ListDigest digest = agenda.begin()->second;
        ask(digest, wants.at(digest));
    }
}

void Exchange::State::ask(const ListDigest& digest, Want& want) {
    if (want.attempts == want.tell_at) {
        want.tell_at *= 2;
        const std::string& first = *want.announcers.begin();
        actions.emplace_back(ListMissing{first, want.attempts, want.reason});
    }
    const std::string whom = choose_whom(want);
    peers.at(whom).may_ask_at = latest + config.retry_min;
    actions.emplace_back(SendMessage{whom, encode_exchange(Question{config.self, digest})});
    ++stats.questions_sent;
    Duration wait = config.retry_min;
    for (int i = 0; i < want.attempts / 2 && wait < config.retry_max; ++i) wait *= 2;
    wait = std::min(wait, config.retry_max);
    ++want.attempts;
    set_ask_at(digest, want, latest + wait - random.below(wait / 2));
    std::erase_if(asked, [&](const auto& entry) { return entry.first == digest; });
    asked.emplace_back(digest, latest + config.answer_wait);
    want.to_call = true;
    plan_call();
}

void Exchange::State::plan_call() {
    if (call_at == never) call_at = std::max(latest + config.broadcast_delay, may_call_at);
}

/// One of those who announce it and a balancer take turns, since whichever it is may be out of
/// our reach.
std::string Exchange::State::choose_whom(const Want& want) {
    const bool hearsay = want.attempts % 2 != 0 && !balancers.empty();
    const std::set<std::string>& names = hearsay ? balancers : want.announcers;
    const std::size_t index = hearsay ? turn++ : random.below(names.size());
    return *std::next(names.begin(), static_cast<std::ptrdiff_t>(index % names.size()));
}

void Exchange::State::call() {
    call_at = never;
    std::vector<ListDigest> open;
    for (const auto& [digest, want] : wants) {
        if (want.to_call) open.push_back(digest);
    }
    if (open.empty()) return;
    // Once for all, when we begin; later in turns, lest the others send theirs again and again.
    const bool for_all = open.size() > call_digests_max && !std::exchange(called_for_all, true);
    Call call{config.self, {}};
    if (!for_all) {
        std::ranges::rotate(open, std::ranges::upper_bound(open, called_last));
        open.resize(std::min(open.size(), call_digests_max));
        called_last = open.back();
        call.digests = open;
    }
    for (const ListDigest& digest : open) wants.at(digest).to_call = false;
    actions.emplace_back(BroadcastMessage{encode_exchange(call)});
    ++stats.broadcasts_sent;
    may_call_at = latest + config.broadcast_pause;
    if (std::ranges::any_of(wants, [](const auto& each) { return each.second.to_call; })) {
        plan_call();
    }
}

void Exchange::State::handle(const Question& question) {
    ++stats.questions_received;
    if (answer(question)) return;
    ++stats.ignored;
    if (!peers.contains(question.asker)) desk.hold(latest, question);
}

bool Exchange::State::answer(const Question& question) {
    const auto& [asker, digest] = question;
    const bool is_own = !own_text.empty() && digest == own_digest;
    const KeptList* list = is_own ? nullptr : kept.find(digest);
    if (!balancers.contains(asker) || (!is_own && list == nullptr)) return false;
    const std::string_view text = is_own ? own_text : *list->text;
    if (!desk.may_answer(latest, asker, digest, text.size(), config.answer_pause)) return false;
    send_list(asker, digest, text);
    return true;
}

/// Only for our own list: were the balancers to answer as well, each would send what one suffices
/// to send.
void Exchange::State::handle(const Call& call) {
    ++stats.questions_received;
    const bool is_meant = !own_text.empty() && (call.digests.empty() ||
                                                std::ranges::count(call.digests, own_digest) > 0);
    if (!is_meant || !balancers.contains(call.asker) || !desk.plan(latest, call.asker)) {
        ++stats.ignored;
    }
}

void Exchange::State::answer_calls() {
    for (const std::string& asker : desk.take_due(latest)) {
        if (own_text.empty() || !balancers.contains(asker)) continue;
        // Who asked directly as well has been told already.
        if (desk.may_answer(latest, asker, own_digest, own_text.size(), config.broadcast_pause)) {
            send_list(asker, own_digest, own_text);
        }
    }
}

void Exchange::State::send_list(const std::string& asker, const ListDigest& digest,
                                std::string_view text) {
    actions.emplace_back(SendMessage{asker, encode_exchange(Answer{digest, config.self, text})});
    ++stats.answers_sent;
}

void Exchange::State::handle(const Answer& answer) {
    const auto found = wants.find(answer.digest);
    if (found == wants.end() || digest_of(answer.text) != answer.digest) {
        ++stats.ignored;
        return;
    }
    Want& want = found->second;
    auto text = std::make_shared<const std::string>(answer.text);
    if (!kept.add(latest, answer.digest, std::move(text), answer.source)) {
        ++stats.ignored;
        want.reason = "its " + std::to_string(answer.text.size()) +
                      " bytes would make more than the " + std::to_string(config.kept_bytes_max) +
                      " that all lists together may take";
        set_ask_at(answer.digest, want, latest + config.retry_max);
        return;
    }
    ++stats.lists_learned;
    const KeptList& list = *kept.find(answer.digest);
    for (const std::string& name : want.announcers) {
        kept.use(answer.digest);
        actions.emplace_back(ListLearned{name, answer.digest, list.text, list.source});
    }
    erase_want(ListDigest(answer.digest));
}

Exchange::Exchange(Instant now, ExchangeConfig config, std::uint64_t seed)
    : state_(std::make_unique<State>(now, std::move(config), seed)) {}

Exchange::~Exchange() = default;

void Exchange::set_own_list(Instant now, std::string list_text) {
    SCRIMP_ASSERT(list_text.size() <= list_bytes_max);
    state_->observe(now);
    state_->own_digest = digest_of(list_text);
    state_->own_text = std::move(list_text);
}

void Exchange::restore(Instant now, const std::vector<Remembered>& members) {
    state_->observe(now);
    state_->remembered = lists_of(members);
}

void Exchange::handle_event(Instant now, const swim::MemberEvent& event) {
    State& state = *state_;
    state.observe(now);
    SCRIMP_ASSERT(event.member.profile != nullptr);
    const std::shared_ptr<const swim::Profile>& profile = event.member.profile;
    SCRIMP_ASSERT(profile->name != state.config.self);
    for (const auto& [digest, text] : std::exchange(state.remembered, {})) {
        // One for which there is no room is asked for when it is announced.
        (void)state.kept.add(now, digest, text, std::string(source_memory));
    }
    if (event.change == swim::Change::Left || event.change == swim::Change::Failed) {
        return state.forget(profile->name);
    }
    const auto known = state.peers.find(profile->name);
    if (known != state.peers.end() && known->second.profile->metadata == profile->metadata) return;
    state.meet(profile, decode_metadata(profile->metadata).value_or(Announcement{}));
}

void Exchange::handle_message(Instant now, ByteView payload) {
    State& state = *state_;
    state.observe(now);
    const std::optional<ExchangeMessage> message = decode_exchange(payload);
    if (!message) {
        ++state.stats.ignored;
        return;
    }
    std::visit([&state](const auto& each) { state.handle(each); }, *message);
}

void Exchange::handle_deadline(Instant now) {
    State& state = *state_;
    state.observe(now);
    state.kept.handle_deadline(now);
    state.ask_what_is_due();
    if (now >= state.call_at) state.call();
    state.answer_calls();
}

std::optional<ExchangeAction> Exchange::poll_action() {
    std::deque<ExchangeAction>& actions = state_->actions;
    if (actions.empty()) return std::nullopt;
    ExchangeAction action = std::move(actions.front());
    actions.pop_front();
    return action;
}

Instant Exchange::next_deadline() const {
    const State& state = *state_;
    Instant ask_at = state.agenda.empty() ? never : state.agenda.begin()->first;
    if (state.asked.size() >= state.config.asked_max) {
        Instant free_at = never;
        for (const auto& [digest, until] : state.asked) free_at = std::min(free_at, until);
        ask_at = std::max(ask_at, free_at);
    }
    return std::min(
        {ask_at, state.call_at, state.kept.next_deadline(), state.desk.next_deadline()});
}

std::shared_ptr<const std::string> Exchange::list_of(const std::string& member) const {
    const auto peer = state_->peers.find(member);
    if (peer == state_->peers.end() || !peer->second.announces) return nullptr;
    const KeptList* list = state_->kept.find(*peer->second.announces);
    return list == nullptr ? nullptr : list->text;
}

std::size_t Exchange::missing() const {
    return state_->wants.size();
}

const ExchangeStats& Exchange::stats() const {
    return state_->stats;
}

}  // namespace scrimp::service
