// The store `s3`: the seeds document in a bucket.
//
// Several balancers publish at once, and none may lose another's entry. Where the store honours
// conditional writes, all share the original's single object: read, add oneself, write on condition
// that nobody wrote meanwhile, and again if somebody did. Whether it honours them is tried out on
// KEY.probe, where a condition that does not hold must be refused, and one that holds must not; for
// a store may ignore conditions without a word. What was found holds for the daemon's life; where
// neighbours that tried at the same moment left nothing to be found, conditions are used this time
// and tried out again the next. Where the store does not honour them, each balancer writes an
// object of its own under KEY.d/, told apart by name and aged by the store's own times, and whoever
// publishes removes those that expired long ago; the single object is then written as well as it
// goes, for the original's backends, which read nothing else.
//
// Fetching reads both places. A policy that forbids the list leaves the single object; one that
// forbids KEY.probe leaves conditional writes untried: they are sent, and who was lost after all
// puts itself back when it publishes next, as with the original.
//
// What the daemon keeps for us between two calls: {"conditional":true,"etag":"bare"}. RFC 9110
// wants quotes around the ETag in If-Match; Ceph and DigitalOcean match it only without.

#include <algorithm>
#include <utility>

#include "helpers/rows.h"
#include "helpers/s3_bucket.h"
#include "seed/document.h"

namespace scrimp::helpers {
namespace {

using seed::HelperAnswer;
using seed::HelperRequest;

/// As many balancers as a document holds may start at one moment, and of those who try at once one
/// gets in.
constexpr int attempts_max = static_cast<int>(seed::seeds_max);
/// Two more, since a neighbour that probes at the same moment can spoil a try.
constexpr int probes_max = 3;
/// Each is two requests; what is left over the next publisher removes.
constexpr int removals_max = 16;
/// An object is removed when it is so many times as old as it may be to count: a balancer that
/// could not publish for a while comes back to its own object, and must not lose it to who sees the
/// old one at that moment.
constexpr std::int64_t removal_age = 2;

/// Whether the original's object may be shared.
enum class Sharing : std::uint8_t { Unknown, Conditional, None };
enum class EtagForm : std::uint8_t { Unknown, Bare, Quoted };

struct Memory {
    Sharing sharing = Sharing::Unknown;
    EtagForm form = EtagForm::Unknown;
};

struct Job {
    S3Place place{};
    std::string mode{};
    Duration expiry{};
    Duration budget{};
    CredentialsPlace credentials{};
    Memory memory{};
};

tl::unexpected<Error> fail_of(const S3Error& error) {
    return fail(error.message);
}

Memory read_memory(const Json& state) {
    Memory memory;
    const Json* const conditional = find_member(state, "conditional");
    if (conditional != nullptr && conditional->is_boolean()) {
        memory.sharing = conditional->get<bool>() ? Sharing::Conditional : Sharing::None;
    }
    const Json* const etag = find_member(state, "etag");
    if (etag != nullptr && *etag == "bare") memory.form = EtagForm::Bare;
    if (etag != nullptr && *etag == "quoted") memory.form = EtagForm::Quoted;
    return memory;
}

Json render_memory(const Memory& memory) {
    Json state = Json::object();
    if (memory.sharing != Sharing::Unknown) {
        state["conditional"] = memory.sharing == Sharing::Conditional;
    }
    if (memory.form == EtagForm::Bare) state["etag"] = "bare";
    if (memory.form == EtagForm::Quoted) state["etag"] = "quoted";
    return state;
}

Result<Job> read_job(const HelperRequest& request) {
    Settings settings(request.config);
    Job job;
    job.place = read_place(settings, process_environment);
    job.mode = settings.text("mode", "auto");
    if (job.mode != "auto" && job.mode != "conditional" && job.mode != "prefix") {
        settings.refuse("mode", "must be 'auto', 'conditional' or 'prefix'");
    }
    job.expiry = settings.expiry();
    job.budget = settings.budget();
    job.credentials = {settings.text("profile"), settings.text("credentials-file")};
    job.memory = read_memory(request.state);
    if (settings.fault()) return tl::unexpected(*settings.fault());
    return job;
}

std::string spelled(const std::string& etag, EtagForm form) {
    const bool quoted = etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"');
    const std::string bare = quoted ? etag.substr(1, etag.size() - 2) : etag;
    return form == EtagForm::Quoted ? "\"" + bare + "\"" : bare;
}

/// No condition where the store names no version.
HttpHeaders if_match(const std::string& etag, EtagForm form) {
    if (etag.empty()) return {};
    return {{"If-Match", spelled(etag, form)}};
}

HttpHeaders if_absent() {
    return {{"If-None-Match", "*"}};
}

bool is_refused(const S3Result<std::string>& written) {
    return !written && written.error().fault == S3Fault::Refused;
}

bool is_unsupported(const S3Result<std::string>& written) {
    return !written && written.error().fault == S3Fault::Unsupported;
}

/// Whether a condition that must be refused is. Nothing if the store does not take such conditions.
S3Result<std::optional<bool>> refuses(S3Bucket& bucket, const std::string& key,
                                      const std::string& text, const HttpHeaders& broken) {
    const auto written = bucket.write(key, text, broken);
    if (written) return false;
    if (is_refused(written)) return true;
    if (is_unsupported(written)) return std::optional<bool>();
    return tl::unexpected(written.error());
}

/// One try of what `probe` asks. Unknown if a neighbour's probe may have come between.
S3Result<Memory> try_conditions(S3Bucket& bucket, const std::string& key) {
    constexpr Memory none{.sharing = Sharing::None};
    // The same text by everybody, so that everybody's ETag is the same where it is a digest.
    const std::string text = "scrimplb tries out conditional writes here\n";
    const auto first = bucket.write(key, text);
    if (!first) return tl::unexpected(first.error());
    if (first->empty()) return none;
    const auto guards_new = refuses(bucket, key, text, if_absent());
    if (!guards_new) return tl::unexpected(guards_new.error());
    if (!guards_new->value_or(false)) return none;
    // An MD5 that nothing has.
    const std::string wrong(32, '0');
    Memory found = none;
    for (const EtagForm form : {EtagForm::Bare, EtagForm::Quoted}) {
        const auto guards = refuses(bucket, key, text, if_match(wrong, form));
        if (!guards) return tl::unexpected(guards.error());
        // A store may know one spelling only, and call the other a bad request.
        if (!*guards) continue;
        if (!**guards) return none;
        const auto written = bucket.write(key, text, if_match(*first, form));
        if (written) return Memory{Sharing::Conditional, form};
        if (is_refused(written)) {
            found = {};
        } else if (!is_unsupported(written)) {
            return tl::unexpected(written.error());
        }
    }
    return found;
}

/// Finds out whether the store honours conditional writes, and how it wants ETags spelled; Unknown
/// if it could not be told.
S3Result<Memory> probe(S3Bucket& bucket) {
    const std::string key = bucket.place().key + ".probe";
    for (int tries = 1; tries <= probes_max; ++tries) {
        const auto found = try_conditions(bucket, key);
        if (!found && found.error().fault == S3Fault::Denied) {
            return Memory{.sharing = Sharing::Conditional};
        }
        if (!found || found->sharing != Sharing::Unknown) return found;
        bucket.pause(tries);
    }
    return Memory{};
}

/// The single object; an empty one if it is not there yet.
struct Single {
    std::vector<seed::Seed> seeds{};
    HttpHeaders condition{};  ///< Under which it may be written: that it is still this one.
    bool exists = false;
};

S3Result<Single> read_single(S3Bucket& bucket, EtagForm form) {
    const auto object = bucket.read(bucket.place().key);
    if (!object && object.error().fault == S3Fault::Missing) {
        return Single{.condition = if_absent()};
    }
    if (!object) return tl::unexpected(object.error());
    // What cannot be read is overwritten, as the original does it.
    return Single{seed::parse_seeds(object->text).value_or(std::vector<seed::Seed>()),
                  if_match(object->etag, form), true};
}

/// Adds `self` to the single object by conditional writes.
Result<void> share(S3Bucket& bucket, const Endpoint& self, Duration expiry, Memory& memory) {
    bool doubted = false;
    int attempt = 0;
    do {
        ++attempt;
        EtagForm form = memory.form;
        if (form == EtagForm::Unknown) {
            form = attempt % 2 == 1 ? EtagForm::Bare : EtagForm::Quoted;
        }
        auto single = read_single(bucket, form);
        if (!single) return fail_of(single.error());
        if (!seed::put_seed(single->seeds, self, bucket.now(), expiry)) return {};
        const auto written =
            bucket.write(bucket.place().key, seed::render_seeds(single->seeds), single->condition);
        if (written) {
            if (single->exists) memory.form = form;
            return {};
        }
        if (is_unsupported(written)) {
            // It may be the spelling: the next attempt has the other one.
            if (memory.form != EtagForm::Unknown || std::exchange(doubted, true)) {
                return fail(written.error().message +
                            " with a condition (If-Match, If-None-Match); set 'mode' to 'prefix'");
            }
            continue;
        }
        // Missing: removed since it was read.
        if (!is_refused(written) && written.error().fault != S3Fault::Missing) {
            return fail_of(written.error());
        }
        bucket.pause(attempt);
    } while (attempt < attempts_max && bucket.has_time());
    return fail("object '" + bucket.place().key + "' was written by others " +
                std::to_string(attempt) +
                " times while we tried; if there are fewer balancers than that, set 'mode' to "
                "'prefix'");
}

/// Removes an object that a list called old, unless its balancer has come back to it since.
void remove_if_old(S3Bucket& bucket, const std::string& key, std::int64_t age_max) {
    const auto object = bucket.read(key);
    if (!object || bucket.now() - object->modified <= age_max) return;
    // Who may not remove is no worse off: what expired is not read. Who is removed at the moment of
    // coming back misses itself at its next publication.
    (void)bucket.remove(key);
}

/// Writes the object of `self` if it is not there or ages, removes who expired long ago.
Result<void> stand_beside(S3Bucket& bucket, const Endpoint& self, Duration expiry) {
    const std::string own = own_key_of(bucket.place(), self);
    const auto listed = bucket.list(own_prefix_of(bucket.place()));
    if (!listed && listed.error().fault != S3Fault::Denied) return fail_of(listed.error());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(expiry).count();
    const std::int64_t age_max = removal_age * seconds;
    bool fresh = false;
    int removals = 0;
    for (const S3Listed& object : listed.value_or(std::vector<S3Listed>())) {
        const std::int64_t age = bucket.now() - object.modified;
        if (object.key == own) {
            fresh = age < seconds / 3;
        } else if (age > age_max && balancer_of(bucket.place(), object.key) &&
                   removals++ < removals_max) {
            remove_if_old(bucket, object.key, age_max);
        }
    }
    if (fresh) return {};
    const auto written = bucket.write(own, seed::render_seeds({{self, bucket.now()}}));
    if (!written) return fail_of(written.error());
    return {};
}

/// The single object for those who read nothing else; if it goes wrong, the next time is soon. On
/// condition where the store takes one: others may share the object, and it may honour it after
/// all.
void share_at_best(S3Bucket& bucket, const Endpoint& self, Duration expiry) {
    // Each spelling, and each once more if somebody came between.
    using enum EtagForm;
    for (const EtagForm form : {Quoted, Bare, Quoted, Bare}) {
        auto single = read_single(bucket, form);
        if (!single || !seed::put_seed(single->seeds, self, bucket.now(), expiry)) return;
        const std::string text = seed::render_seeds(single->seeds);
        const auto written = bucket.write(bucket.place().key, text, single->condition);
        if (is_refused(written)) continue;
        if (is_unsupported(written)) (void)bucket.write(bucket.place().key, text);
        return;
    }
}

/// Everybody in objects of their own, oldest first; nobody if the list may not be read.
S3Result<std::vector<seed::Seed>> read_beside(S3Bucket& bucket) {
    auto listed = bucket.list(own_prefix_of(bucket.place()));
    if (!listed) {
        const S3Fault fault = listed.error().fault;
        if (fault == S3Fault::Denied || fault == S3Fault::Unsupported) {
            return std::vector<seed::Seed>();
        }
        return tl::unexpected(listed.error());
    }
    std::ranges::sort(*listed, {}, &S3Listed::modified);
    std::vector<seed::Seed> seeds;
    for (const S3Listed& object : *listed) {
        if (const auto balancer = balancer_of(bucket.place(), object.key)) {
            seeds.push_back({*balancer, object.modified});
        }
    }
    return seeds;
}

/// Everybody of both, each once with the later of its ages; `more` behind.
void merge(std::vector<seed::Seed>& seeds, const std::vector<seed::Seed>& more) {
    for (seed::Seed seed : more) {
        const auto known = std::ranges::find(seeds, seed.endpoint, &seed::Seed::endpoint);
        if (known != seeds.end()) {
            seed.published = std::max(seed.published, known->published);
            seeds.erase(known);
        }
        seeds.push_back(seed);
    }
}

}  // namespace

Result<HelperAnswer> fetch_s3(const HelperRequest& request) {
    const auto job = read_job(request);
    if (!job) return tl::unexpected(job.error());
    HttpClient client(job->budget);
    auto credentials = find_credentials(client, job->credentials, process_environment);
    if (!credentials) return tl::unexpected(credentials.error());
    S3Bucket bucket(client, job->place, *std::move(credentials));

    std::vector<seed::Seed> seeds;
    const auto object = bucket.read(job->place.key);
    if (!object && object.error().fault != S3Fault::Missing) return fail_of(object.error());
    Result<std::vector<seed::Seed>> single;
    if (object) single = seed::parse_seeds(object->text);
    if (single) seeds = *single;
    if (job->mode != "conditional") {
        const auto beside = read_beside(bucket);
        if (!beside) return fail_of(beside.error());
        merge(seeds, *beside);
    }
    if (!single && seeds.empty()) {
        return fail("object '" + job->place.key + "': " + single.error().message +
                    "; the next balancer that publishes overwrites it");
    }
    auto fresh = seed::fresh_endpoints(seeds, bucket.now(), job->expiry);
    if (fresh.size() > seed::seeds_max) {
        fresh.erase(fresh.begin(), fresh.end() - std::ptrdiff_t{seed::seeds_max});
    }
    return HelperAnswer{.seeds = std::move(fresh)};
}

Result<HelperAnswer> publish_s3(const HelperRequest& request) {
    const auto job = read_job(request);
    if (!job) return tl::unexpected(job.error());
    if (!request.self) return fail("the request names nobody to publish");
    HttpClient client(job->budget);
    auto credentials = find_credentials(client, job->credentials, process_environment);
    if (!credentials) return tl::unexpected(credentials.error());
    S3Bucket bucket(client, job->place, *std::move(credentials));

    Memory memory = job->memory;
    if (job->mode == "prefix") memory.sharing = Sharing::None;
    if (job->mode == "conditional") memory.sharing = Sharing::Conditional;
    if (memory.sharing == Sharing::Unknown) {
        const auto found = probe(bucket);
        if (!found) return fail_of(found.error());
        memory = *found;
    }
    if (memory.sharing != Sharing::None) {
        const auto done = share(bucket, *request.self, job->expiry, memory);
        if (!done) return tl::unexpected(done.error());
    } else {
        const auto done = stand_beside(bucket, *request.self, job->expiry);
        if (!done) return tl::unexpected(done.error());
        share_at_best(bucket, *request.self, job->expiry);
    }
    return HelperAnswer{.state = render_memory(memory)};
}

}  // namespace scrimp::helpers
