// Any bytes on the admin socket: a request or a refusal with a status of ours, and the same one
// however the bytes are cut.
#include <algorithm>
#include <string_view>

#include "fuzz.h"
#include "runtime/http_request.h"

namespace {

using namespace scrimp;
using Progress = runtime::HttpRequestReader::Progress;

void check(const runtime::HttpRequestReader& reader, Progress progress) {
    if (progress == Progress::Done) {
        SCRIMP_ASSERT(reader.request().path.starts_with('/'));
        SCRIMP_ASSERT(reader.request().body.size() <= runtime::http_body_bytes_max);
    } else if (progress == Progress::Refused) {
        SCRIMP_ASSERT(reader.refusal().status >= 400);
        SCRIMP_ASSERT(!admin::title_of(reader.refusal().status).empty());
    }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = text_of(fuzz::view(data, size));
    runtime::HttpRequestReader at_once;
    const Progress whole = at_once.take(text);
    check(at_once, whole);
    runtime::HttpRequestReader slowly;
    Progress by_byte = Progress::More;
    for (std::size_t i = 0; i < text.size() && by_byte == Progress::More; ++i) {
        by_byte = slowly.take(text.substr(i, 1));
    }
    check(slowly, by_byte);
    SCRIMP_ASSERT(whole != Progress::Done || by_byte == Progress::Done);
    return 0;
}
