#include "runtime/check_run.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "base/printable.h"
#include "runtime/command.h"
#include "runtime/shortage.h"
#include "runtime/socket_address.h"
#include "service/check_dialogue.h"
#include "service/condition.h"

namespace scrimp::runtime {

namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;
using service::CheckOutcome;
namespace reason = service::reason;

CheckOutcome failed_check(std::string_view code, const std::string& words = "") {
    std::string text(code);
    if (!words.empty()) text += ": " + printable(words, service::reason_bytes_max);
    return {.well = false, .reason = text.substr(0, service::reason_bytes_max)};
}

CheckOutcome hindered_check(const std::string& words) {
    return {.well = false, .reason = words, .hindered = true};
}

bool is_shortage(const error_code& error) {
    return error.category() == boost::asio::error::get_system_category() &&
           runtime::is_shortage(error.value());
}

CheckOutcome outcome_of(const error_code& error) {
    if (is_shortage(error)) return hindered_check(error.message());
    if (error == boost::asio::error::connection_refused) return failed_check(reason::refused);
    return failed_check(reason::unreachable, error.message());
}

/// What the command says may hold what is nobody's business: the reason goes to everyone.
CheckOutcome outcome_of(const Result<CommandEnd, StartFault>& end) {
    if (!end && end.error().is_shortage) return hindered_check(end.error().message);
    if (!end) return failed_check(reason::command_failed, end.error().message);
    if (end->succeeded()) return {.well = true};
    if (end->fate == CommandEnd::Fate::TimedOut) return failed_check(reason::timeout);
    return failed_check(reason::command_failed, end->fate_text());
}

}  // namespace

struct CheckRun::Asking : std::enable_shared_from_this<CheckRun::Asking> {
    Asking(boost::asio::io_context& loop, service::Check given, Done then)
        : check(std::move(given)), done(std::move(then)), socket(loop), patience(loop) {}

    void run_command(boost::asio::io_context& loop);
    void connect(const Endpoint& to);
    void send();
    void judge();
    void read_more();
    void finish(const CheckOutcome& outcome);
    void abandon();

    service::Check check;
    Done done;
    tcp::socket socket;
    boost::asio::steady_timer patience;
    std::optional<Command> command;
    std::string request;
    std::string received;
    std::array<char, 2048> chunk;
};

CheckRun::CheckRun(boost::asio::io_context& loop, const service::Check& check, const Endpoint& to,
                   Done done)
    : asking_(std::make_shared<Asking>(loop, check, std::move(done))) {
    if (check.kind == service::CheckKind::Exec) {
        asking_->run_command(loop);
    } else {
        asking_->connect(to);
    }
}

CheckRun::~CheckRun() {
    asking_->abandon();
}

void CheckRun::Asking::run_command(boost::asio::io_context& loop) {
    // Its end comes from the loop, and not after abandon(): it needs no share in us.
    command.emplace(loop, CommandSpec{.argv = check.command, .timeout = check.timeout},
                    [this](const auto& end) { finish(outcome_of(end)); });
}

void CheckRun::Asking::connect(const Endpoint& to) {
    request = service::check_request(check, to);
    patience.expires_after(check.timeout);
    patience.async_wait([self = shared_from_this()](const error_code& error) {
        if (!error) self->finish(failed_check(reason::timeout));
    });
    socket.async_connect(socket_endpoint<tcp>(to, false),
                         [self = shared_from_this()](const error_code& error) {
                             if (!self->done) return;
                             if (error) return self->finish(outcome_of(error));
                             self->send();
                         });
}

void CheckRun::Asking::send() {
    if (request.empty()) return judge();
    boost::asio::async_write(socket, boost::asio::buffer(request),
                             [self = shared_from_this()](const error_code& error, std::size_t) {
                                 if (!self->done) return;
                                 // What it answered before it hung up is there to be read.
                                 (void)error;
                                 self->read_more();
                             });
}

void CheckRun::Asking::judge() {
    if (const auto outcome = service::judge_check_answer(check, received)) {
        return finish(*outcome);
    }
    read_more();
}

void CheckRun::Asking::read_more() {
    socket.async_read_some(
        boost::asio::buffer(chunk),
        [self = shared_from_this()](const error_code& error, std::size_t bytes) {
            if (!self->done) return;
            if (is_shortage(error)) return self->finish(outcome_of(error));
            if (error) {
                return self->finish(
                    failed_check(reason::code_mismatch, "the connection ended without an answer"));
            }
            self->received.append(self->chunk.data(), bytes);
            self->received.resize(std::min(self->received.size(), service::check_answer_bytes_max));
            self->judge();
        });
}

void CheckRun::Asking::finish(const CheckOutcome& outcome) {
    // Whoever is told may destroy us.
    const auto self = shared_from_this();
    const Done call = std::exchange(done, nullptr);
    abandon();
    if (call) call(outcome);
}

void CheckRun::Asking::abandon() {
    done = nullptr;
    command.reset();
    patience.cancel();
    error_code ignored;
    socket.close(ignored);
}

}  // namespace scrimp::runtime
