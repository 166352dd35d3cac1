#include "runtime/port_prober.h"

#include <optional>
#include <utility>
#include <vector>

#include <poll.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "runtime/socket_address.h"

namespace scrimp::runtime {

using boost::asio::ip::tcp;
using boost::system::error_code;
using service::PortAnswer;

namespace {

constexpr std::size_t tries_max = 3;
constexpr Duration between_tries = port_patience / 4;

/// Nothing where the fault is our own, and says nothing about the other side.
std::optional<PortAnswer> answer_of(const error_code& error) {
    if (!error) return PortAnswer::Open;
    if (error == boost::asio::error::connection_refused ||
        error == boost::asio::error::connection_reset) {
        return PortAnswer::Refused;
    }
    if (error == boost::asio::error::host_unreachable ||
        error == boost::asio::error::network_unreachable) {
        return PortAnswer::Unreachable;
    }
    if (error == boost::asio::error::timed_out) return PortAnswer::Silent;
    return std::nullopt;
}

/// Connected, though nobody has told us yet: we may have stood still beyond the patience.
bool is_connected(tcp::socket& socket) {
    if (!socket.is_open()) return false;
    pollfd watched{.fd = socket.native_handle(), .events = POLLOUT, .revents = 0};
    return ::poll(&watched, 1, 0) == 1 && (watched.revents & (POLLERR | POLLHUP)) == 0;
}

}  // namespace

struct PortProber::Probe {
    Probe(boost::asio::io_context& loop, service::ProbePort what)
        : asked(std::move(what)), timer(loop) {}

    service::ProbePort asked;
    boost::asio::steady_timer timer;
    std::vector<tcp::socket> sockets;  ///< As many as tries so far.
    bool over = false;
};

PortProber::PortProber(boost::asio::io_context& loop, Done done)
    : loop_(loop), done_(std::move(done)) {}

PortProber::~PortProber() {
    for (const std::shared_ptr<Probe>& probe : running_) probe->over = true;
}

void PortProber::probe(const service::ProbePort& probe) {
    probe.is_urgent ? waiting_.push_front(probe) : waiting_.push_back(probe);
    begin();
}

void PortProber::begin() {
    while (!waiting_.empty() && running_.size() < port_probes_max) {
        auto probe = std::make_shared<Probe>(loop_, std::move(waiting_.front()));
        waiting_.pop_front();
        probe->sockets.reserve(tries_max);  // Those under way must not move.
        running_.insert(probe);
        try_once(probe);
    }
}

void PortProber::try_once(const std::shared_ptr<Probe>& probe) {
    const bool is_last = probe->sockets.size() == tries_max;
    if (is_last) {
        for (tcp::socket& socket : probe->sockets) {
            if (is_connected(socket)) return finish(probe, PortAnswer::Open);
        }
        return finish(probe, PortAnswer::Silent);
    }
    tcp::socket& socket = probe->sockets.emplace_back(loop_);
    const Duration rest = port_patience - between_tries * (tries_max - 1);
    probe->timer.expires_after(probe->sockets.size() == tries_max ? rest : between_tries);
    probe->timer.async_wait([this, probe](const error_code& error) {
        if (!error && !probe->over) try_once(probe);
    });
    socket.async_connect(socket_endpoint<tcp>(probe->asked.endpoint, false),
                         [this, probe](const error_code& error) {
                             if (probe->over) return;
                             // Of our own faults nobody shall suffer.
                             finish(probe, answer_of(error).value_or(PortAnswer::Open));
                         });
}

void PortProber::finish(const std::shared_ptr<Probe>& probe, PortAnswer answer) {
    probe->over = true;
    probe->timer.cancel();
    for (tcp::socket& socket : probe->sockets) {
        error_code ignored;
        socket.close(ignored);
    }
    running_.erase(probe);
    done_(probe->asked, answer);
    begin();
}

}  // namespace scrimp::runtime
