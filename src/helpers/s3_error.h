// What an S3 store says when it refuses, turned into one sentence with what to do about it. Pure:
// an answer in, words out.
//
// Sources: AWS, "Error responses" of the S3 API; Ceph's and others' answers are subsets of it. Of
// what the store writes only the code is quoted, and its message where the code is not known to us:
// some messages repeat keys and tokens, and who signed is told by its source only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "helpers/credentials.h"
#include "helpers/http.h"
#include "helpers/s3_place.h"

namespace scrimp::helpers {

/// The faults after which something else is tried.
enum class S3Fault : std::uint8_t {
    Missing,  ///< No such object; the bucket is there.
    Refused,  ///< A conditional write's condition does not hold, or another write was under way.
    Denied,   ///< A policy forbids it.
    Unsupported,  ///< The store does not know such requests.
    Other,
};

struct S3Error {
    S3Fault fault = S3Fault::Other;
    std::string message;
};

/// What was asked for.
struct S3Attempt {
    std::string_view permission;  ///< As policies name it: "s3:GetObject".
    std::string_view key;
};

/// Of an answer that is no success. `clock` is this machine's, in Unix seconds.
[[nodiscard]] S3Error explain(const S3Place& place, const Credentials& credentials,
                              const S3Attempt& attempt, const HttpResponse& response,
                              std::int64_t clock);

}  // namespace scrimp::helpers
