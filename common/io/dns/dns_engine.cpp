// SPDX-License-Identifier: Apache-2.0
#include "io/dns/dns_engine.hpp"

#include "core/clock.hpp"
#include "core/guarded.hpp"
#include "io/dns/dns_job.hpp"
#include "io/dns/dns_socket.hpp"
#include "io/dns/dns_source.hpp"
#include "io/dns/dns_wire.hpp"
#include "io/system/file_handle.hpp"
#include "io/system/random.hpp"
#include "mail/dns_answer.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string_view>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace holdback::io::dns {

namespace {

using core::SteadyPoint;
using std::chrono::steady_clock;

/// The descriptor of a call that succeeded; else throws std::system_error.
system::FileHandle opened(int descriptor, const char* what) {
    if (descriptor < 0) {
        throw std::system_error(errno, std::generic_category(), what);
    }
    return system::FileHandle(descriptor);
}

/// Query ids from the kernel, fetched many at a time.
class RandomIds {
public:
    [[nodiscard]] std::uint16_t next() {
        if (used_ == ids_.size()) {
            system::fill_random(std::as_writable_bytes(std::span(ids_)));
            used_ = 0;
        }
        return ids_.at(used_++);
    }

private:
    std::array<std::uint16_t, 256> ids_{};
    std::size_t used_ = ids_.size();
};

/// An open socket of a question, with the id of what was sent on it.
struct OpenSocket {
    std::size_t server;
    std::uint16_t id;
    Edns edns;
    mail::DnsQuestion sent;
    DnsSocket socket;
    bool told_when_writable = false;  ///< epoll watches for room to write
};

/// A question in flight or waiting for its turn.
struct Flight {
    DnsJob job;
    DnsTerms terms;
    DnsCallback callback;
    SteadyPoint wake;
    std::vector<OpenSocket> sockets;
    bool begun = false;
    bool waits = true;   ///< for its turn
    bool heard = false;  ///< a nameserver has replied
};

struct Request {
    mail::DnsQuestion question;
    DnsTerms terms;
    DnsCallback callback;
};

/// What one asker has and wants.
struct Asker {
    std::deque<std::uint64_t> waiting;  ///< questions, the next one first; some may be gone
    std::size_t sockets = 0;
};

/// How a server has behaved lately.
struct ServerHealth {
    int silences = 0;  // in a row
    SteadyPoint avoid_until;
};

struct AtomicCounters {
    std::atomic<std::uint64_t> questions{0};
    std::atomic<std::uint64_t> queries{0};
    std::atomic<std::uint64_t> tcp{0};
    std::atomic<std::uint64_t> ignored{0};
    std::atomic<std::uint64_t> replies{0};
    std::atomic<std::uint64_t> unresolved{0};
    std::atomic<std::uint64_t> ended{0};
    std::atomic<std::uint64_t> answered{0};
    std::atomic<std::uint64_t> running{0};
};

mail::DnsAnswer unresolved(const mail::DnsQuestion& question, std::string_view trouble) {
    mail::DnsAnswer answer{.question = question};
    answer.trouble = trouble;
    return answer;
}

}  // namespace

/// Everything but `ask`, `counters` and the constructor runs on the engine's thread.
class DnsEngine::Loop {
public:
    Loop(std::vector<DnsServer> servers, DnsEngineOptions options)
        : servers_(std::move(servers)),
          options_(options),
          health_(servers_.size()),
          epoll_(opened(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
          bell_(opened(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
        watch(bell_.get(), EPOLL_CTL_ADD, EPOLLIN, kBell);
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    Loop(Loop&&) = delete;
    Loop& operator=(Loop&&) = delete;
    ~Loop() {
        thread_.request_stop();
        ring();
    }

    void ask(Request request) {
        counters_.questions.fetch_add(1, std::memory_order_relaxed);
        if (counters_.running.fetch_add(1, std::memory_order_relaxed) >= options_.questions) {
            counters_.running.fetch_sub(1, std::memory_order_relaxed);
            counters_.unresolved.fetch_add(1, std::memory_order_relaxed);
            counters_.ended.fetch_add(1, std::memory_order_relaxed);
            request.callback(unresolved(request.question, "overload"));
            return;
        }
        const bool first = inbox_.with([&](std::vector<Request>& inbox) {
            inbox.push_back(std::move(request));
            return inbox.size() == 1;
        });
        if (first) {
            ring();
        }
    }

    [[nodiscard]] DnsCounters counters() const {
        DnsCounters now;
        now.questions = counters_.questions.load(std::memory_order_relaxed);
        now.queries = counters_.queries.load(std::memory_order_relaxed);
        now.tcp = counters_.tcp.load(std::memory_order_relaxed);
        now.ignored = counters_.ignored.load(std::memory_order_relaxed);
        now.replies = counters_.replies.load(std::memory_order_relaxed);
        now.unresolved = counters_.unresolved.load(std::memory_order_relaxed);
        now.ended = counters_.ended.load(std::memory_order_relaxed);
        now.answered = counters_.answered.load(std::memory_order_relaxed);
        now.running = counters_.running.load(std::memory_order_relaxed);
        return now;
    }

private:
    using FlightId = std::uint64_t;
    static constexpr FlightId kBell = 0;
    /// Datagrams that one question may read before others have their turn.
    static constexpr int kMostReads = 16;

    void ring() const {
        // Fails only when the bell has rung already.
        static_cast<void>(eventfd_write(bell_.get(), 1));
    }

    void watch(int descriptor, int operation, std::uint32_t events, FlightId id) const {
        epoll_event event{};
        event.events = events;
        event.data.u64 = id;
        if (epoll_ctl(epoll_.get(), operation, descriptor, &event) != 0) {
            throw std::system_error(errno, std::generic_category(), "epoll_ctl");
        }
    }

    void run(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            try {
                turn(stop);
            } catch (...) {
                // Out of memory or descriptors: all who wait are told, and we go on.
                drop_all();
            }
        }
    }

    void turn(const std::stop_token& stop) {
        std::array<epoll_event, 64> events{};
        const int count = epoll_wait(
            epoll_.get(), events.data(), static_cast<int>(events.size()), milliseconds_to_wait());
        for (int i = 0; i < count && !stop.stop_requested(); ++i) {
            const FlightId id = events.at(static_cast<std::size_t>(i)).data.u64;
            if (id == kBell) {
                take_requests();
            } else {
                on_event(id);
            }
        }
        on_timers();
        begin_waiting();
    }

    [[nodiscard]] int milliseconds_to_wait() const {
        if (timers_.empty()) {
            return -1;
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.begin()->first -
                                                                       steady_clock::now());
        constexpr std::chrono::milliseconds kLongest = std::chrono::hours(1);
        return static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), kLongest).count());
    }

    void take_requests() {
        eventfd_t rings = 0;
        static_cast<void>(eventfd_read(bell_.get(), &rings));
        std::vector<Request> requests;
        inbox_.with([&](std::vector<Request>& inbox) { requests.swap(inbox); });
        for (Request& request : requests) {
            const FlightId id = ++last_id_;
            auto flight = std::make_unique<Flight>(Flight{
                .job = DnsJob(
                    std::move(request.question), servers_.size(), best_server(), options_.patience),
                .terms = request.terms,
                .callback = std::move(request.callback),
                .wake = request.terms.until,
                .sockets = {},
            });
            timers_.emplace(flight->wake, id);
            queue_up(id, *flight);
            flights_.emplace(id, std::move(flight));
        }
    }

    void queue_up(FlightId id, Flight& flight) {
        flight.waits = true;
        Asker& asker = askers_[flight.terms.asker];
        if (asker.waiting.empty()) {
            turns_.push_back(flight.terms.asker);
        }
        asker.waiting.push_back(id);
    }

    /// Gives sockets to waiting questions, one to each asker in turn.
    void begin_waiting() {
        std::size_t refused = 0;  // askers in a row
        while (refused < turns_.size() && open_sockets_ < options_.sockets) {
            const std::uint64_t who = turns_.front();
            turns_.pop_front();
            Asker& asker = askers_.at(who);
            while (!asker.waiting.empty() && !flights_.contains(asker.waiting.front())) {
                asker.waiting.pop_front();
            }
            if (asker.waiting.empty()) {
                forget_if_idle(who);
                continue;
            }
            if (asker.sockets >= options_.sockets - open_sockets_) {
                turns_.push_back(who);
                ++refused;
                continue;
            }
            refused = 0;
            const FlightId id = asker.waiting.front();
            asker.waiting.pop_front();
            if (!asker.waiting.empty()) {
                turns_.push_back(who);
            }
            go_on(id);
        }
    }

    /// Runs when the question's turn has come, for the first time or again.
    void go_on(FlightId id) {
        Flight& flight = *flights_.at(id);
        flight.waits = false;
        const bool again = std::exchange(flight.begun, true);
        follow(id, flight, again ? flight.job.on_silence() : flight.job.begin());
    }

    void forget_if_idle(std::uint64_t who) {
        const auto found = askers_.find(who);
        if (found != askers_.end() && found->second.sockets == 0 && found->second.waiting.empty()) {
            askers_.erase(found);
        }
    }

    /// True while a question that nobody waits for takes nothing away from others.
    [[nodiscard]] bool has_plenty() const {
        return turns_.empty() && open_sockets_ <= options_.sockets / 2;
    }

    /// True when a silent question must give way: another one of its asker waits, or any one waits
    /// and its asker has more sockets than are free.
    [[nodiscard]] bool must_give_way(const Flight& flight) const {
        const auto found = askers_.find(flight.terms.asker);
        return !turns_.empty() && found != askers_.end() &&
               (!found->second.waiting.empty() ||
                found->second.sockets > options_.sockets - open_sockets_);
    }

    void on_timers() {
        const SteadyPoint now = steady_clock::now();
        while (!timers_.empty() && timers_.begin()->first <= now) {
            const FlightId id = timers_.begin()->second;
            Flight& flight = *flights_.at(id);
            const bool is_late = now >= flight.terms.until;
            if (now >= flight.terms.late || (is_late && (flight.waits || !has_plenty()))) {
                finish(id, flight.job.give_up(flight.begun ? "timeout" : "overload"));
                continue;
            }
            note_silence(flight.job.server(), now);
            if (must_give_way(flight)) {
                close_sockets(flight);
                queue_up(id, flight);
                set_wake(id, flight, flight.terms.until);
            } else {
                follow(id, flight, flight.job.on_silence());
            }
        }
    }

    void on_event(FlightId id) {
        const auto found = flights_.find(id);
        if (found == flights_.end()) {
            return;
        }
        Flight& flight = *found->second;
        for (OpenSocket& open : flight.sockets) {
            if (!read_from(id, flight, open)) {
                return;
            }
        }
    }

    /// Reads what has arrived on a socket. False when the flight has moved on; its sockets may be
    /// gone then.
    bool read_from(FlightId id, Flight& flight, OpenSocket& open) {
        if (open.socket.wants_to_write()) {
            const bool alive = open.socket.flush();
            if (!alive) {
                on_broken(id, flight, open);
                return false;
            }
        }
        watch_writing(id, open);
        for (int i = 0; i < kMostReads; ++i) {
            const DnsSocket::Received received = open.socket.receive();
            if (std::holds_alternative<DnsSocket::Nothing>(received)) {
                return true;
            }
            const auto* const octets = std::get_if<std::vector<std::uint8_t>>(&received);
            if (octets == nullptr) {
                on_broken(id, flight, open);
                return false;
            }
            const auto reply = parse_reply(*octets, open.id, open.sent);
            if (reply.has_value()) {
                health_.at(open.server) = {};
                flight.heard = true;
                counters_.replies.fetch_add(1, std::memory_order_relaxed);
                const AdTrust trust = servers_.at(open.server).trust;
                follow(id, flight, flight.job.on_reply(open.server, *reply, trust));
                return false;
            }
            counters_.ignored.fetch_add(1, std::memory_order_relaxed);
        }
        return true;
    }

    void on_broken(FlightId id, Flight& flight, const OpenSocket& open) {
        const std::size_t server = open.server;
        if (open.socket.transport() == DnsTransport::Tcp) {
            // A broken one would be readable for ever.
            std::erase_if(flight.sockets, [&](const OpenSocket& one) { return &one == &open; });
            give_back(flight, 1);
        }
        follow(id, flight, flight.job.on_broken(server));
    }

    /// Does what the job wants and sets the time of its next turn.
    void follow(FlightId id, Flight& flight, DnsStep step) {
        while (const auto* const wanted = std::get_if<DnsSend>(&step)) {
            const DnsSend query = *wanted;
            const auto octets = send(id, flight, query);
            if (octets == Sent::Unaskable) {
                step = flight.job.give_up("unaskable-name");
            } else if (octets == Sent::Broken) {
                step = flight.job.on_broken(query.server);
            } else {
                step = DnsWait{};
            }
            if (std::holds_alternative<DnsWait>(step)) {
                set_wake(id, flight, steady_clock::now() + flight.job.patience());
            }
        }
        if (auto* const answer = std::get_if<mail::DnsAnswer>(&step)) {
            finish(id, std::move(*answer));
        }
    }

    enum class Sent : std::uint8_t { Yes, Broken, Unaskable };

    Sent send(FlightId id, Flight& flight, const DnsSend& query) {
        if (query.sockets == SocketUse::Anew || open_sockets_ >= options_.sockets) {
            close_sockets(flight);
        }
        OpenSocket* open = find_socket(flight, query);
        if (open == nullptr) {
            auto socket = DnsSocket::open(servers_.at(query.server).address, query.transport);
            if (!socket.has_value()) {
                return Sent::Broken;
            }
            flight.sockets.push_back({.server = query.server,
                                      .id = ids_.next(),
                                      .edns = query.edns,
                                      .sent = flight.job.current(),
                                      .socket = *std::move(socket)});
            ++open_sockets_;
            ++askers_[flight.terms.asker].sockets;
            open = &flight.sockets.back();
            watch(open->socket.descriptor(), EPOLL_CTL_ADD, EPOLLIN, id);
        }
        const auto octets = encode_query(open->id, open->sent, query.edns);
        if (!octets.has_value()) {
            return Sent::Unaskable;
        }
        counters_.queries.fetch_add(1, std::memory_order_relaxed);
        if (query.transport == DnsTransport::Tcp) {
            counters_.tcp.fetch_add(1, std::memory_order_relaxed);
        }
        const bool sent = open->socket.send(*octets);
        watch_writing(id, *open);
        return sent ? Sent::Yes : Sent::Broken;
    }

    /// A socket that could take octets would wake us again and again, so it is watched for that
    /// only while there are octets to send.
    void watch_writing(FlightId id, OpenSocket& open) const {
        const bool wants = open.socket.wants_to_write();
        if (wants != open.told_when_writable) {
            watch(
                open.socket.descriptor(), EPOLL_CTL_MOD, wants ? EPOLLIN | EPOLLOUT : EPOLLIN, id);
            open.told_when_writable = wants;
        }
    }

    static OpenSocket* find_socket(Flight& flight, const DnsSend& query) {
        const auto fits = [&](const OpenSocket& open) {
            return open.server == query.server && open.edns == query.edns &&
                   open.socket.transport() == query.transport && open.sent == flight.job.current();
        };
        const auto found = std::ranges::find_if(flight.sockets, fits);
        return found == flight.sockets.end() ? nullptr : &*found;
    }

    void close_sockets(Flight& flight) {
        give_back(flight, flight.sockets.size());
        flight.sockets.clear();
    }

    /// Counts this many sockets of the flight as closed.
    void give_back(const Flight& flight, std::size_t count) {
        if (count > 0) {
            open_sockets_ -= count;
            askers_.at(flight.terms.asker).sockets -= count;
            forget_if_idle(flight.terms.asker);
        }
    }

    void set_wake(FlightId id, Flight& flight, SteadyPoint wake) {
        timers_.erase({flight.wake, id});
        const bool is_late = steady_clock::now() >= flight.terms.until;
        flight.wake = std::min(wake, is_late ? flight.terms.late : flight.terms.until);
        timers_.emplace(flight.wake, id);
    }

    void finish(FlightId id, mail::DnsAnswer answer) {
        const auto node = flights_.extract(id);
        Flight& flight = *node.mapped();
        timers_.erase({flight.wake, id});
        close_sockets(flight);
        counters_.running.fetch_sub(1, std::memory_order_relaxed);
        counters_.ended.fetch_add(1, std::memory_order_relaxed);
        if (flight.heard) {
            counters_.answered.fetch_add(1, std::memory_order_relaxed);
        }
        if (answer.outcome == mail::DnsOutcome::Unresolved) {
            counters_.unresolved.fetch_add(1, std::memory_order_relaxed);
        }
        flight.callback(std::move(answer));
    }

    void drop_all() {
        while (!flights_.empty()) {
            const auto& [id, flight] = *flights_.begin();
            finish(id, flight->job.give_up("internal"));
        }
        askers_.clear();
        turns_.clear();
    }

    /// The first server that is not known to be silent.
    [[nodiscard]] std::size_t best_server() const {
        const SteadyPoint now = steady_clock::now();
        const auto found = std::ranges::find_if(
            health_, [&](const ServerHealth& health) { return health.avoid_until <= now; });
        return found == health_.end() ? 0 : static_cast<std::size_t>(found - health_.begin());
    }

    void note_silence(std::size_t server, SteadyPoint now) {
        constexpr int kSilencesToAvoid = 4;
        constexpr std::chrono::seconds kAvoidFor{10};
        ServerHealth& health = health_.at(server);
        if (++health.silences >= kSilencesToAvoid) {
            health.avoid_until = now + kAvoidFor;
        }
    }

    std::vector<DnsServer> servers_;
    DnsEngineOptions options_;
    AtomicCounters counters_;
    core::Guarded<std::vector<Request>> inbox_;
    // Used by the thread alone.
    std::vector<ServerHealth> health_;
    RandomIds ids_;
    FlightId last_id_ = kBell;
    std::unordered_map<FlightId, std::unique_ptr<Flight>> flights_;
    std::unordered_map<std::uint64_t, Asker> askers_;
    std::deque<std::uint64_t> turns_;  // askers with waiting questions, each once
    std::set<std::pair<SteadyPoint, FlightId>> timers_;
    std::size_t open_sockets_ = 0;
    system::FileHandle epoll_;
    system::FileHandle bell_;
    std::jthread thread_;  // last: joined before the rest goes
};

DnsEngine::DnsEngine(std::vector<DnsServer> servers, DnsEngineOptions options)
    : loop_(std::make_unique<Loop>(std::move(servers), options)) {}

DnsEngine::~DnsEngine() = default;

void DnsEngine::ask(const mail::DnsQuestion& question,
                    const DnsTerms& terms,
                    DnsCallback callback) {
    loop_->ask({question, terms, std::move(callback)});
}

DnsCounters DnsEngine::counters() const {
    return loop_->counters();
}

}  // namespace holdback::io::dns
