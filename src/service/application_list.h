// A backend's applications as one text, for lists that exceed the 512 bytes of metadata: the JSON
// array that stands as "applications" in an announcement, in the same canonical form. Metadata then
// carries its digest and count (service/metadata.h) and the text travels by the exchange
// (service/exchange.h). A text is known by its digest, so it is believed whoever passes it on, and
// it is passed on byte for byte: keys that we do not know survive.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/application.h"
#include "service/conditions.h"

namespace scrimp::service {

/// The first 16 bytes of SHA-256: nobody finds a second text for one.
struct ListDigest {
    std::array<std::uint8_t, 16> bytes{};
    /// 32 hexadecimal digits, small letters.
    [[nodiscard]] std::string text() const;
    friend auto operator<=>(const ListDigest&, const ListDigest&) = default;
};
/// Only what text() writes: one digest, one spelling.
[[nodiscard]] Result<ListDigest> parse_digest(std::string_view hex);

/// What metadata says of a list that it does not hold whole.
struct ListSummary {
    ListDigest digest;
    std::size_t count = 0;  ///< Applications in the list, 1 to applications_max.
    friend auto operator<=>(const ListSummary&, const ListSummary&) = default;
};

/// A thousand applications of ten domains are some 500 kB; beyond this a list is refused, by the
/// backend when it loads its configuration and by whoever is sent one.
inline constexpr std::size_t list_bytes_max = std::size_t{2} << 20;

/// Deterministic: equal applications in any order give equal bytes.
[[nodiscard]] std::string render_list(const std::vector<Application>& applications,
                                      const Conditions& conditions = {});
[[nodiscard]] ListDigest digest_of(std::string_view list_text);

/// The order in which a list is rendered and metadata shows its first ones.
[[nodiscard]] std::vector<Application> sorted_unique(std::vector<Application> applications);

}  // namespace scrimp::service
