#include "app/gossip_words.h"

#include "app/keyring_file.h"
#include "base/printable.h"
#include "base/words.h"

namespace scrimp::app {

std::string shown(const std::string& name) {
    return printable(name, 4 * name.size());
}

std::string member_text(const swim::Profile& profile) {
    return shown(profile.name) + " at " + profile.endpoint.text();
}

std::string conflict_text(const swim::NameConflict& conflict, const std::string& own_name) {
    const swim::Profile& holder = *conflict.existing.profile;
    const std::string other = conflict.claimed_by.text();
    if (holder.name == own_name) {
        return "name conflict: a node at " + other + " calls itself " + shown(own_name) +
               ", as we do at " + holder.endpoint.text() +
               "; neither can rest until one of the two gets another node-name";
    }
    return "name conflict: " + member_text(holder) + " is a member, and a node at " + other +
           " calls itself the same: it is ignored until it gets another node-name or the member "
           "is gone";
}

std::string blocked_text(const swim::PacketsBlocked& blocked) {
    const swim::Profile& profile = *blocked.member.profile;
    return "UDP seems to be blocked between us and " + member_text(profile) +
           ": it answers by TCP and never by UDP; gossip needs both, in both directions, on port " +
           std::to_string(profile.endpoint.port) + " there and on ours here";
}

std::string unreadable_text(const swim::PeerUnreadable& unreadable, const wire::Envelope& ours) {
    std::string line = unreadable.from.port == 0 ? "connections from " + unreadable.from.ip_text()
                                                 : "packets from " + unreadable.from.text();
    switch (unreadable.reason) {
        case wire::Reason::NotEncrypted:
            line +=
                " come in plain, and verify-incoming refuses that: that node lacks the "
                "keyring-file, or has verify-outgoing set to false";
            break;
        case wire::Reason::LabelMismatch:
            line += ours.label.empty()
                        ? " carry a label, and we have none: another cluster, or one of us needs "
                          "another gossip-config.label"
                        : " do not carry our label '" + shown(ours.label) +
                              "': another cluster, or one of us needs another gossip-config.label";
            break;
        default:
            line +=
                ours.keys.empty()
                    ? " are sealed, it seems, and we have no key: set "
                      "gossip-config.keyring-file to the file that node has"
                    : " cannot be opened with any of our " + counted(ours.keys.size(), "key") +
                          ": " + keys_text(ours.keys) +
                          "; compare the keyring files with scrimplb keyring list, and the labels";
    }
    if (unreadable.times > 1) line += " (" + std::to_string(unreadable.times) + " times)";
    return line;
}

}  // namespace scrimp::app
