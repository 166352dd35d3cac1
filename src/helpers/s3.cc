#include "helpers/rows.h"

namespace scrimp::helpers {

Result<seed::HelperAnswer> fetch_s3(const seed::HelperRequest&) {
    return fail("s3 is being built");
}

Result<seed::HelperAnswer> publish_s3(const seed::HelperRequest&) {
    return fail("s3 is being built");
}

}  // namespace scrimp::helpers
