#include "sim/script.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/script_words.h"
#include "sim/words.h"

namespace scrimp::sim {
namespace {

using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 14> header_names{
    "nodes",  "seed",       "profile",   "label", "encrypted",   "compressed", "known",
    "absent", "seed-store", "forgetful", "loss",  "duplication", "reordering", "delay"};
// In the order of Deed::Kind, then the others.
constexpr std::array<std::string_view, 16> step_names{
    "start",    "restart", "kill", "power-off", "leave", "pause",       "freeze",     "resume",
    "metadata", "slow",    "cut",  "heal",      "loss",  "duplication", "reordering", "delay"};
constexpr std::array<std::string_view, 6> state_names{"alive", "suspect", "dead",
                                                      "left",  "gone",    "as-they-are"};
constexpr std::array<std::string_view, 2> harm_names{"death", "suspicion"};

// Which key is of no matter; that there is one makes every packet longer.
constexpr std::byte key_byte{7};
constexpr std::size_t key_bytes = 16;
// The wire gives a label's length one byte.
constexpr std::size_t label_bytes_max = 255;
// A link slower than this is no link.
constexpr Duration delay_max = std::chrono::minutes{1};

constexpr const char* too_long = "a scenario lasts a day at most";

class Parser {
  public:
    explicit Parser(std::string name) {
        script_.name = std::move(name);
        script_.options.config = swim::lan_profile();
    }

    /// The sentence about what is wrong with the line; empty if nothing is.
    std::string parse_line(std::size_t number, std::string_view text) {
        line_ = number;
        ScriptWords words(text, script_.nodes);
        if (words.empty()) return {};
        if (words.take("expect")) {
            expect(words, text);
        } else if (words.take("at")) {
            act(words, words.span());
        } else if (words.take("after")) {
            act(words, now_ + words.span());
        } else {
            describe(words);
        }
        words.end();
        named_ += words.named();
        if (named_ > script_named_max)
            words.complain("the groups of this file name too many nodes");
        return words.error();
    }

    [[nodiscard]] std::string finish() const {
        if (script_.nodes == 0) return "there are no nodes; begin with a line like 'nodes 5'";
        const bool tail = script_.absent.empty() ||
                          script_.absent.front() == script_.nodes - script_.absent.size();
        if (script_.known && !tail) return "among nodes that are 'known' the last may be 'absent'";
        if (script_.expectations.empty()) {
            return "nothing is expected; add a line like 'expect within 30s converged'";
        }
        return {};
    }

    [[nodiscard]] Script take() { return std::move(script_); }

  private:
    void describe(ScriptWords& words) {
        const std::size_t what = words.choice("a statement", header_names);
        if (begun_) words.complain("the cluster is described before the first 'at'");
        if (!words.well()) return;
        swim::Config& config = script_.options.config;
        switch (what) {
            case 0:
                if (script_.nodes != 0) words.complain("'nodes' is given already");
                script_.nodes = words.number("a number of nodes", script_nodes_max);
                if (script_.nodes == 0) words.complain("a cluster has at least one node");
                return;
            case 1:
                script_.seed = words.number("a seed", UINT64_MAX);
                return;
            case 2:
                return set_profile(words);
            case 3:
                return set_label(words);
            case 4:
                static_cast<void>(config.envelope.keys.add(Bytes(key_bytes, key_byte)));
                return;
            case 5:
                config.envelope.compress = true;
                return;
            case 6:
                script_.known = true;
                return;
            case 7:
                script_.absent = words.group();
                return;
            case 8:
                script_.options.keepers = true;
                return;
            case 9:
                script_.options.remembers = false;
                return;
            default:
                set_quality(words, what - 10);
                script_.options.quality = quality_;
        }
    }

    void set_profile(ScriptWords& words) {
        auto config = parse_profile(words.word("a profile"));
        if (!config) return words.complain(config.error().message);
        config->envelope = script_.options.config.envelope;
        script_.options.config = *std::move(config);
    }

    void set_label(ScriptWords& words) {
        const std::string_view label = words.word("a label");
        if (label.size() > label_bytes_max) {
            return words.complain("a label has at most " + std::to_string(label_bytes_max) +
                                  " bytes");
        }
        script_.options.config.envelope.label = label;
    }

    /// loss, duplication, reordering or delay, in this order.
    void set_quality(ScriptWords& words, std::size_t what) {
        if (what == 3) {
            quality_.delay_min = words.span();
            words.must("to");
            const Duration most = words.span();
            if (most < quality_.delay_min || most > delay_max) {
                words.complain("a delay goes from less to more, and to a minute at most");
            }
            quality_.delay_spread = most - quality_.delay_min;
            return;
        }
        const double share = words.share();
        if (what == 0) quality_.loss = share;
        if (what == 1) quality_.duplication = share;
        if (what == 2) {
            quality_.lateness = share;
            if (words.take("by")) quality_.late_max = words.span();
        }
    }

    void act(ScriptWords& words, Duration at) {
        if (script_.nodes == 0) words.complain("'nodes' must come before the first 'at'");
        if (at < now_) words.complain("time goes back; the statement above is later");
        if (at > script_length_max) words.complain(too_long);
        if (!words.well()) return;
        begun_ = true;
        now_ = at;
        if (words.empty()) return;  // Only a time, for the expectations below it.
        constexpr std::size_t deeds = 10;
        const std::size_t what = words.choice("a statement", step_names);
        if (!words.well()) return;
        if (what < deeds) return act_deed(words, static_cast<Deed::Kind>(what));
        if (what == deeds) return act_cut(words);
        if (what == deeds + 1) return add(words, now_, Heal{});
        const LinkQuality common = quality_;
        set_quality(words, what - deeds - 2);
        if (!words.take("of")) return add(words, now_, Quality{quality_, {}});
        Group group = words.group();
        add(words, now_, Quality{quality_, std::move(group)});
        quality_ = common;
    }

    void act_deed(ScriptWords& words, Deed::Kind kind) {
        Deed deed{.kind = kind, .group = words.group()};
        if (kind == Deed::Kind::Metadata) {
            deed.text = words.rest("metadata");
            if (deed.text.size() > swim::metadata_bytes_max) words.complain("metadata is too long");
            return add(words, now_, std::move(deed));
        }
        if (kind == Deed::Kind::Slow) {
            words.must("by");
            deed.span = words.span();
        }
        if (!words.take("every")) return add(words, now_, std::move(deed));
        const Duration gap = words.span();
        const auto times = static_cast<std::int64_t>(deed.group.size());
        if (now_ + gap * times > script_length_max) words.complain(too_long);
        Duration at = now_;
        for (const std::uint32_t node : deed.group) {
            Deed one = deed;
            one.group = {node};
            add(words, at, std::move(one));
            if (!words.well()) return;
            at += gap;
        }
    }

    void act_cut(ScriptWords& words) {
        CutLinks cut{words.group(), {}, everything, true};
        words.must("from");
        cut.to = words.group();
        if (words.take("one-way")) cut.both_ways = false;
        if (words.take("packets-only")) cut.what = packets_only;
        add(words, now_, std::move(cut));
    }

    template <class What>
    void add(ScriptWords& words, Duration at, What what) {
        if (script_.steps.size() == script_steps_max) {
            return words.complain("there are more than " + std::to_string(script_steps_max) +
                                  " steps");
        }
        script_.steps.push_back({line_, at, std::move(what)});
    }

    void expect(ScriptWords& words, std::string_view text) {
        if (script_.nodes == 0) return words.complain("'nodes' must come before expectations");
        begun_ = true;
        if (script_.expectations.size() == script_steps_max) {
            return words.complain("there are too many expectations");
        }
        Expectation expectation{line_, trimmed(text), now_, now_, Converged{}};
        if (words.take("no")) {
            expect_spared(words, expectation);
        } else {
            words.must("within");
            expectation.until = now_ + words.span();
            if (!words.take("converged")) expect_seen(words, expectation);
        }
        if (expectation.until > script_length_max) {
            words.complain(too_long);
        }
        script_.expectations.push_back(std::move(expectation));
    }

    void expect_spared(ScriptWords& words, Expectation& expectation) {
        Spared spared{.change = swim::Change::Failed, .only_running = words.take("false")};
        if (words.choice("what a node can be spared", harm_names) == 1) {
            spared.change = swim::Change::Suspected;
        }
        if (words.take("of")) spared.of = words.group();
        if (words.take("by")) spared.by = words.group();
        if (words.take("until")) {
            expectation.until = words.span();
            if (expectation.until < now_) words.complain("that moment is over already");
        } else {
            words.must("for");
            expectation.until = now_ + words.span();
        }
        expectation.what = std::move(spared);
    }

    void expect_seen(ScriptWords& words, Expectation& expectation) {
        Observers who;
        if (words.share_follows()) {
            who.share = words.share();
        } else if (!words.take("all")) {
            who.group = words.group();
        }
        if (words.take("count")) {
            expectation.what =
                Counted{std::move(who), words.number("a number of nodes", script_nodes_max)};
            return;
        }
        words.must("see");
        Group whom = words.group();
        const auto as = static_cast<Seen::As>(words.choice("a state", state_names));
        expectation.what = Seen{std::move(who), std::move(whom), as};
    }

    static std::string trimmed(std::string_view text) {
        const std::size_t begin = text.find_first_not_of(" \t");
        const std::size_t end = text.find_last_not_of(" \t\r");
        return std::string(text.substr(begin, end + 1 - begin));
    }

    Script script_;
    LinkQuality quality_;
    std::size_t line_ = 0;
    std::size_t named_ = 0;
    Duration now_{};
    bool begun_ = false;
};

}  // namespace

Duration Script::length() const {
    Duration last{};
    for (const Step& step : steps) last = std::max(last, step.at);
    for (const Expectation& expectation : expectations) last = std::max(last, expectation.until);
    return last;
}

Result<Script> parse_script(std::string name, std::string_view text) {
    if (text.size() > script_bytes_max) {
        return fail(name + ": a scenario has at most " + std::to_string(script_bytes_max) +
                    " bytes");
    }
    Parser parser(name);
    for (std::size_t number = 1; !text.empty(); ++number) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        line = line.substr(0, line.find('#'));
        const std::string wrong = parser.parse_line(number, line);
        if (!wrong.empty()) return fail(name + ":" + std::to_string(number) + ": " + wrong);
    }
    const std::string wrong = parser.finish();
    if (!wrong.empty()) return fail(name + ": " + wrong);
    return parser.take();
}

}  // namespace scrimp::sim
