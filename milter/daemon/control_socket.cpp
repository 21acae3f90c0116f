// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/control_socket.hpp"

#include "core/clock.hpp"
#include "core/text.hpp"
#include "io/system/file_handle.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/control_access.hpp"
#include "milter/daemon/listener.hpp"
#include "ports/log.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <exception>
#include <fcntl.h>
#include <functional>
#include <mutex>
#include <optional>
#include <poll.h>
#include <stop_token>
#include <string>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace holdback::milter::daemon {

namespace {

/// poll(2) ignores this descriptor.
constexpr int kNobody = -1;
/// A release can take minutes. At most this many long requests run at a time.
constexpr int kLongThreads = 3;
constexpr int kQuickThreads = 2;
constexpr std::size_t kMostPeers = 64;
constexpr int kPollMilliseconds = 250;
/// Time for a whole request, and for a whole answer.
constexpr std::chrono::seconds kPatience{10};
/// Pause after a connection could not be accepted.
constexpr std::chrono::milliseconds kPause{100};
constexpr std::size_t kMostRequestOctets = std::size_t{1} << 20U;

core::SteadyPoint from_now(std::chrono::milliseconds time) {
    return core::SystemClock().steady_now() + time;
}

io::system::FileHandle open_null() {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    return io::system::FileHandle(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

/// The user and groups of the peer; nullopt when the kernel does not tell.
std::optional<ControlPeer> peer_of(const io::system::FileHandle& connection) {
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
        return std::nullopt;
    }
    ControlPeer peer{.uid = credentials.uid, .groups = {}};
    // The first call gives the size of the groups.
    socklen_t octets = 0;
    static_cast<void>(getsockopt(connection.get(), SOL_SOCKET, SO_PEERGROUPS, nullptr, &octets));
    peer.groups.resize(octets / sizeof(unsigned));
    if (octets > 0 &&
        getsockopt(connection.get(), SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &octets) != 0) {
        return std::nullopt;
    }
    peer.groups.push_back(credentials.gid);
    return peer;
}

}  // namespace

ControlSocket::ControlSocket(Listener listener,
                             ControlHandler handler,
                             std::function<bool(const ControlLine&)> is_long,
                             ports::Log& log)
    : listener_(std::move(listener)),
      handler_(std::move(handler)),
      is_long_(std::move(is_long)),
      log_(log),
      null_(open_null()),
      spare_(open_null()),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): POSIX
    fcntl(listener_.descriptor(), F_SETFL, O_NONBLOCK);
    for (int i = 0; i < kLongThreads + kQuickThreads; ++i) {
        Queue& queue = i < kLongThreads ? long_ : quick_;
        workers_.emplace_back([this, &queue](const std::stop_token& stop) { work(stop, queue); });
    }
    server_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

ControlSocket::~ControlSocket() {
    // Finish requests under way and send their answers; then stop serving.
    for (std::jthread& worker : workers_) {
        worker.request_stop();
    }
    workers_.clear();
    server_.request_stop();
    static_cast<void>(eventfd_write(wake_.get(), 1));
}

std::vector<pollfd> ControlSocket::watched(int listener) const {
    std::vector<pollfd> waiting{{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                                {.fd = listener, .events = POLLIN, .revents = 0}};
    for (const Peer& peer : peers_) {
        // A peer that waits for an answer has nothing to say.
        const bool works = peer.state == Peer::State::Working;
        waiting.push_back(
            {.fd = works ? kNobody : peer.connection.get(),
             .events = static_cast<short>(peer.state == Peer::State::Writing ? POLLOUT : POLLIN),
             .revents = 0});
    }
    return waiting;
}

void ControlSocket::serve(const std::stop_token& stop) {
    while (true) {
        take_answers();
        if (stop.stop_requested() && std::ranges::none_of(peers_, [](const Peer& peer) {
                return peer.state == Peer::State::Writing;
            })) {
            return;
        }
        std::vector<pollfd> waiting =
            watched(stop.stop_requested() ? kNobody : listener_.descriptor());
        if (poll(waiting.data(), waiting.size(), kPollMilliseconds) < 0 && errno != EINTR) {
            std::this_thread::sleep_for(kPause);
        }
        std::size_t at = 2;
        std::erase_if(peers_, [&](Peer& peer) {
            if (go_on(peer, waiting[at++].revents != 0)) {
                return false;
            }
            keep_spare(peer.connection);
            return true;
        });
        if (waiting[1].revents != 0) {
            accept_one();
        }
    }
}

void ControlSocket::keep_spare(io::system::FileHandle& connection) {
    // The connection's number becomes the spare one in one step. If it were closed first, a session
    // of the MTA that waits for a number would get it.
    if (!spare_.is_open() && dup3(null_.get(), connection.get(), O_CLOEXEC) >= 0) {
        spare_ = std::move(connection);
    }
}

io::system::FileHandle ControlSocket::accepted() {
    return io::system::FileHandle(
        accept4(listener_.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

void ControlSocket::accept_one() {
    if (!spare_.is_open()) {
        spare_ = open_null();
    }
    io::system::FileHandle connection = accepted();
    if (!connection.is_open() && (errno == EMFILE || errno == ENFILE)) {
        short_.fetch_add(1);
        if (spare_.is_open()) {
            spare_.close();
            connection = accepted();
        }
        if (!connection.is_open()) {
            // Clients that wait stay in the queue of the socket.
            std::this_thread::sleep_for(kPause);
        }
    }
    if (!connection.is_open()) {
        return;
    }
    if (peers_.size() >= kMostPeers) {
        // The peer that has taken longest to send its request or to take its answer.
        const auto slow = std::ranges::find_if(
            peers_, [](const Peer& peer) { return peer.state != Peer::State::Working; });
        if (slow == peers_.end()) {
            return;
        }
        keep_spare(slow->connection);
        peers_.erase(slow);
    }
    auto who = peer_of(connection);
    if (!who.has_value()) {
        return;
    }
    peers_.push_back({.number = next_number_++,
                      .connection = std::move(connection),
                      .who = *std::move(who),
                      .state = Peer::State::Reading,
                      .deadline = from_now(kPatience),
                      .text = {}});
}

bool ControlSocket::go_on(Peer& peer, bool is_ready) {
    if (peer.state == Peer::State::Working) {
        return true;
    }
    if (from_now(std::chrono::milliseconds(0)) >= peer.deadline) {
        return false;
    }
    if (!is_ready) {
        return true;
    }
    return peer.state == Peer::State::Reading ? read_from(peer) : write_to(peer);
}

bool ControlSocket::read_from(Peer& peer) {
    std::array<char, 65536> piece{};
    const ssize_t got = recv(peer.connection.get(), piece.data(), piece.size(), 0);
    if (got <= 0) {
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    }
    peer.text.append(piece.data(), static_cast<std::size_t>(got));
    const std::size_t end = peer.text.find('\n');
    if (end == std::string::npos) {
        return peer.text.size() < kMostRequestOctets;
    }
    peer.text.resize(end);
    if (peer.text.empty()) {
        return false;
    }
    Request request{.peer = peer.number, .what = decode_control_line(peer.text), .who = peer.who};
    peer.text.clear();
    peer.state = Peer::State::Working;
    Queue& queue = is_long_(request.what) ? long_ : quick_;
    {
        const std::scoped_lock lock(mutex_);
        queue.waiting.push_back(std::move(request));
    }
    queue.changed.notify_one();
    return true;
}

bool ControlSocket::write_to(Peer& peer) {
    const ssize_t sent =
        send(peer.connection.get(), peer.text.data(), peer.text.size(), MSG_NOSIGNAL);
    if (sent < 0) {
        return errno == EAGAIN || errno == EINTR;
    }
    peer.text.erase(0, static_cast<std::size_t>(sent));
    return !peer.text.empty();
}

void ControlSocket::take_answers() {
    eventfd_t ignored = 0;
    static_cast<void>(eventfd_read(wake_.get(), &ignored));
    std::vector<Answer> answers;
    {
        const std::scoped_lock lock(mutex_);
        answers.swap(answers_);
    }
    for (Answer& answer : answers) {
        const auto peer = std::ranges::find(peers_, answer.peer, &Peer::number);
        peer->text = std::move(answer.text);
        peer->state = Peer::State::Writing;
        peer->deadline = from_now(kPatience);
    }
}

void ControlSocket::work(const std::stop_token& stop, Queue& queue) {
    while (true) {
        Request request;
        {
            std::unique_lock lock(mutex_);
            if (!queue.changed.wait(lock, stop, [&] { return !queue.waiting.empty(); })) {
                return;
            }
            request = std::move(queue.waiting.front());
            queue.waiting.pop_front();
        }
        std::string text = answer_to(request);
        {
            const std::scoped_lock lock(mutex_);
            answers_.push_back({.peer = request.peer, .text = std::move(text)});
        }
        static_cast<void>(eventfd_write(wake_.get(), 1));
    }
}

std::string ControlSocket::answer_to(const Request& request) noexcept {
    try {
        const auto lines = handler_(request.what, request.who);
        if (!lines.has_value()) {
            return encode_control_line({"error", lines.error()}) + "\n";
        }
        std::string text;
        for (const ControlLine& fields : *lines) {
            text += encode_control_line(fields) + "\n";
        }
        return text + "ok\n";
    } catch (const std::exception& error) {
        log_.write(ports::Severity::Error,
                   fmt::format("control: internal error: {}", core::log_safe(error.what())));
        return encode_control_line({"error", error.what()}) + "\n";
    } catch (...) {
        log_.write(ports::Severity::Error, "control: a request could not be answered");
        return "error\n";
    }
}

}  // namespace holdback::milter::daemon
