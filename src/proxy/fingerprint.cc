#include "proxy/fingerprint.h"

#include "service/application_list.h"

namespace scrimp::proxy {

std::string fingerprint(std::string_view text) {
    return service::digest_of(text).text();
}

}  // namespace scrimp::proxy
