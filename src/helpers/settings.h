// Reads what a helper needs of provider-config and resolver-config. The daemon has refused unknown
// keys and wrong types before it starts a helper; whoever speaks to one without the daemon gets the
// same kind of sentence, "KEY: what is wrong", for the keys that are used.
//
//   Settings settings(request.config);
//   const std::string url = settings.required_text("url");
//   const Duration budget = settings.budget();
//   if (settings.fault()) return tl::unexpected(*settings.fault());
//
// After the first fault the readers answer with something harmless, so that a whole object is read
// before anyone asks whether it was in order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"

namespace scrimp::helpers {

enum class Family : std::uint8_t { Ipv4, Ipv6 };
/// "IPv4", "IPv6".
[[nodiscard]] std::string_view name_of(Family family);

class Settings {
  public:
    /// Borrows `config`, which must be an object.
    explicit Settings(const Json& config);

    /// The first thing that was wrong.
    [[nodiscard]] const std::optional<Error>& fault() const { return fault_; }
    /// For what only the caller knows to be wrong.
    void refuse(std::string_view key, const std::string& why);

    /// Null if the key is missing or null.
    [[nodiscard]] const Json* find(std::string_view key) const;
    [[nodiscard]] std::string text(std::string_view key, std::string_view otherwise = "");
    [[nodiscard]] std::string required_text(std::string_view key);
    [[nodiscard]] bool flag(std::string_view key, bool otherwise);
    [[nodiscard]] std::uint16_t port(std::string_view key, std::uint16_t otherwise);
    /// Above zero, as Go spells it.
    [[nodiscard]] Duration duration(std::string_view key, Duration otherwise);
    /// What is in the file that `key` names, without the white space around it; empty if the key is
    /// missing. Faults name the file, never what it holds.
    [[nodiscard]] std::string secret(std::string_view key);

    /// How long the helper may work: `timeout` less what it takes to say how it ended, since the
    /// daemon kills who is late.
    [[nodiscard]] Duration budget();
    /// How old a published seed may be: `expiry`.
    [[nodiscard]] Duration expiry();
    /// `family`: "ipv4", "ipv6", or nothing.
    [[nodiscard]] std::optional<Family> family();

  private:
    const Json* config_;
    std::optional<Error> fault_{};
};

}  // namespace scrimp::helpers
