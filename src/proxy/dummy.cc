#include "proxy/dummy.h"

namespace scrimp::proxy {

Result<Rendered> render_dummy(const service::RoutingTable&, const RenderOptions&) {
    return Rendered{.text = "# The generator 'dummy' generates nothing.\n", .generation = "dummy"};
}

}  // namespace scrimp::proxy
