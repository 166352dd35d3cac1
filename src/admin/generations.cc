#include "admin/generations.h"

#include "admin/age.h"
#include "admin/json_writer.h"
#include "admin/text_table.h"

namespace scrimp::admin {

std::string generations_json(const GenerationsView& view) {
    JsonWriter json;
    json.begin_object();
    json.key("generations");
    json.begin_list();
    for (const GenerationRow& row : view.generations) {
        json.begin_object();
        json.field("generation", row.name);
        json.field("at", rfc3339(row.at));
        json.field("revision", row.revision);
        json.field("bytes", row.bytes);
        json.field("why", row.why);
        json.field("served", row.served);
        json.field("pinned", row.pinned);
        json.end_object();
    }
    json.end_list();
    json.end_object();
    return std::move(json).take();
}

std::string generations_text(const GenerationsView& view) {
    if (view.generations.empty()) return "no generation is kept\n";
    TextTable table({"GENERATION", "AGE", "REVISION", "BYTES", "STATE", "WHY"});
    for (const GenerationRow& row : view.generations) {
        const std::string state = row.pinned ? "pinned" : row.served ? "served" : "-";
        table.add({row.name, age_text(view.now, row.at), std::to_string(row.revision),
                   std::to_string(row.bytes), state, row.why});
    }
    return table.text();
}

}  // namespace scrimp::admin
