#include "admin/members.h"

#include "admin/age.h"
#include "admin/json_writer.h"
#include "admin/text_table.h"

namespace scrimp::admin {

std::string members_json(const MembersView& view) {
    JsonWriter json;
    json.begin_object();
    json.key("members");
    json.begin_list();
    for (const MemberRow& member : view.members) {
        json.begin_object();
        json.field("name", member.name);
        json.field("address", member.address);
        json.field("role", member.role);
        json.field("state", member.state);
        json.field("since", rfc3339(member.since));
        json.field("incarnation", member.incarnation);
        json.field("applications", member.applications);
        json.field("self", member.self);
        json.end_object();
    }
    json.end_list();
    json.end_object();
    return std::move(json).take();
}

std::string members_text(const MembersView& view) {
    TextTable table({"NAME", "ADDRESS", "ROLE", "STATE", "SINCE", "APPLICATIONS"});
    for (const MemberRow& member : view.members) {
        table.add({member.name + (member.self ? " (this node)" : ""), member.address, member.role,
                   member.state, age_text(view.now, member.since),
                   std::to_string(member.applications)});
    }
    return table.text();
}

}  // namespace scrimp::admin
