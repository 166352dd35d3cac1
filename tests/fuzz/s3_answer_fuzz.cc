// Any answer of an S3 store or of a credentials service, and any credentials file: read within
// bounds, or one printable sentence in which no secret of ours appears. The first byte chooses the
// status.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "helpers/credentials.h"
#include "helpers/s3_error.h"
#include "helpers/xml.h"

namespace {

using namespace scrimp::helpers;

void check_sentence(const std::string& sentence) {
    SCRIMP_ASSERT(!sentence.empty());
    SCRIMP_ASSERT(
        std::ranges::all_of(sentence, [](char each) { return each >= 0x20 && each < 0x7f; }));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    constexpr std::array statuses{301, 307, 400, 403, 404, 409, 412, 429, 500, 501, 503};
    const int status = statuses[data[0] % statuses.size()];
    const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);

    const S3Place place{.bucket = "seeds",
                        .region = "here",
                        .key = "scrimplb",
                        .endpoint = "https://s3.example.com"};
    const Credentials credentials{{"ID", "Secret-Of-Ours", "Token-Of-Ours"}, "the environment"};
    const S3Error error =
        explain(place, credentials, {"s3:GetObject", "scrimplb"},
                {.status = status, .headers = {{"date", text}}, .body = text}, 1'795'420'800);
    check_sentence(error.message);
    SCRIMP_ASSERT(error.message.find("Secret-Of-Ours") == std::string::npos);
    SCRIMP_ASSERT(error.message.find("Token-Of-Ours") == std::string::npos);
    if (const auto leaves = parse_xml(text)) SCRIMP_ASSERT(leaves->size() <= xml_leaves_max);
    if (const auto key = parse_credentials_file(text, "default"); !key) {
        check_sentence(key.error().message);
    }
    if (const auto key = parse_credentials_answer(text); !key) {
        check_sentence(key.error().message);
    }
    return 0;
}
