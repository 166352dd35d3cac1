#include "swim/relay.h"

namespace scrimp::swim {

namespace {

/// A large cluster in trouble asks one member for a handful at once; more than this is abuse.
constexpr std::size_t errands_max = 1024;

/// memberlist waits for the whole timeout, so its nack arrives as the asker stops listening;
/// Lifeguard says 80 %, which leaves time for the way back.
constexpr Duration nack_after(Duration probe_timeout) {
    return probe_timeout * 8 / 10;
}

}  // namespace

Endpoint answer_address(const wire::Source& source, const Endpoint& from) {
    if (source.address.empty() || source.port == 0) return from;
    const auto named = endpoint_from_bytes(source.address, source.port);
    return named && !named->is_unspecified() ? *named : from;
}

void Relay::handle_request(Instant now, const Endpoint& from, const wire::IndirectPing& request) {
    if (!request.target || request.port == 0 || errands_.size() >= errands_max) {
        ++body_.stats.requests_refused;
        return;
    }
    const auto target = endpoint_from_bytes(*request.target, request.port);
    if (!target || target->is_unspecified()) {
        ++body_.stats.requests_refused;
        return;
    }
    const Errand errand{*target, answer_address(request.source, from), request.seq_no, request.nack,
                        now + body_.config.probe_timeout};
    const std::uint32_t question = ++body_.last_question;
    errands_.insert_or_assign(question, errand);
    deadlines_.set(question,
                   request.nack ? now + nack_after(body_.config.probe_timeout) : errand.ends_at);
    courier_.send_alone(*target, wire::Ping{question, request.node, {}});
    body_.tell_doubt(request.node);
}

void Relay::handle_ack(std::uint32_t question) {
    const auto errand = errands_.find(question);
    if (errand == errands_.end()) return;
    courier_.send(errand->second.asked_by, wire::Ack{errand->second.asked_question, std::nullopt});
    deadlines_.cancel(question);
    errands_.erase(errand);
}

void Relay::nack(Errand& errand) {
    if (!errand.wants_nack) return;
    errand.wants_nack = false;
    courier_.send(errand.asked_by, wire::Nack{errand.asked_question});
}

void Relay::handle_packet_refused(const Endpoint& to) {
    for (auto& [question, errand] : errands_) {
        if (errand.target == to) nack(errand);
    }
}

void Relay::handle_deadline(Instant now) {
    while (const std::optional<std::uint32_t> question = deadlines_.take_due(now)) {
        const auto found = errands_.find(*question);
        Errand& errand = found->second;
        nack(errand);
        // A late ack is still worth passing on until the asker's own patience is over.
        if (errand.ends_at > now) {
            deadlines_.set(*question, errand.ends_at);
        } else {
            errands_.erase(found);
        }
    }
}

void Relay::shift(Duration stall) {
    for (auto& [question, errand] : errands_) errand.ends_at += stall;
    deadlines_.shift(stall);
}

}  // namespace scrimp::swim
