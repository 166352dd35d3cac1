#include "swim/gossip_queue.h"

#include "wire/packet.h"

namespace scrimp::swim {

void GossipQueue::add(std::string subject, Bytes message) {
    const Rank rank{0, ~message.size(), ~arrivals_++};
    if (!subject.empty()) {
        const auto [known, fresh] = subjects_.try_emplace(subject, rank);
        if (!fresh) {
            const auto before = waiting_.find(known->second);
            bytes_ -= before->second.message.size();
            waiting_.erase(before);
            known->second = rank;
        }
    }
    bytes_ += message.size();
    waiting_.emplace(rank, News{std::move(subject), std::move(message)});
}

GossipQueue::Waiting::iterator GossipQueue::find_fitting(std::size_t room) {
    auto next = waiting_.begin();
    while (next != waiting_.end() && next->second.message.size() > room) {
        // The first of this count of transmits that is short enough, or the first of the next.
        next = waiting_.lower_bound(Rank{next->first.transmits, ~room, 0});
    }
    return next;
}

void GossipQueue::draw(std::size_t room, std::size_t parts_max, int transmits_max,
                       std::vector<Bytes>& out) {
    std::vector<Waiting::node_type> told;
    for (std::size_t parts = 0; parts < parts_max && room > wire::compound_part_overhead; ++parts) {
        const auto next = find_fitting(room - wire::compound_part_overhead);
        if (next == waiting_.end()) break;
        room -= next->second.message.size() + wire::compound_part_overhead;
        Waiting::node_type drawn = waiting_.extract(next);
        if (++drawn.key().transmits < transmits_max) {
            out.push_back(drawn.mapped().message);
            told.push_back(std::move(drawn));
        } else {
            subjects_.erase(drawn.mapped().subject);
            bytes_ -= drawn.mapped().message.size();
            out.push_back(std::move(drawn.mapped().message));
        }
    }
    for (Waiting::node_type& news : told) {
        if (!news.mapped().subject.empty()) subjects_[news.mapped().subject] = news.key();
        waiting_.insert(std::move(news));
    }
}

}  // namespace scrimp::swim
