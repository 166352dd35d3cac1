#include "service/options.h"

#include <utility>

namespace scrimp::service {

SharedOptions::SharedOptions(Options options) {
    if (options != Options{}) said_ = std::make_shared<const Options>(std::move(options));
}

const Options& SharedOptions::operator*() const {
    static const Options nothing_said;
    return said_ ? *said_ : nothing_said;
}

}  // namespace scrimp::service
