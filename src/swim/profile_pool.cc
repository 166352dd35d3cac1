#include "swim/profile_pool.h"

#include <functional>
#include <unordered_map>

namespace scrimp::swim {

namespace {

class ProfilePool {
  public:
    std::shared_ptr<const Profile> intern(Profile profile) {
        std::weak_ptr<const Profile>& slot = known_[hash_of(profile)];
        if (auto held = slot.lock(); held && *held == profile) return held;
        auto fresh = std::make_shared<const Profile>(std::move(profile));
        slot = fresh;
        if (known_.size() >= sweep_at_) sweep();
        return fresh;
    }

  private:
    static std::size_t hash_of(const Profile& profile) {
        const auto* ip = reinterpret_cast<const char*>(profile.endpoint.ip.data());
        const auto* versions = reinterpret_cast<const char*>(profile.versions.data());
        const std::hash<std::string_view> hash;
        std::size_t mixed = hash(profile.name);
        for (const std::size_t part :
             {hash({ip, profile.endpoint.ip.size()}), hash({versions, profile.versions.size()}),
              hash(text_of(profile.metadata)), std::size_t{profile.endpoint.port}}) {
            mixed = (mixed ^ part) * 0x9e3779b97f4a7c15;  // Golden ratio: spreads the bits.
        }
        return mixed;
    }

    /// Drops what nobody holds any more; doubling keeps the sweeps' cost constant per profile.
    void sweep() {
        std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
        sweep_at_ = 2 * known_.size() + sweep_least;
    }

    static constexpr std::size_t sweep_least = 64;

    std::unordered_map<std::size_t, std::weak_ptr<const Profile>> known_;
    std::size_t sweep_at_ = sweep_least;
};

}  // namespace

std::shared_ptr<const Profile> intern(Profile profile) {
    thread_local ProfilePool pool;
    return pool.intern(std::move(profile));
}

}  // namespace scrimp::swim
