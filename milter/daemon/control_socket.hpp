// SPDX-License-Identifier: Apache-2.0
#pragma once
// The local socket over which the control tool speaks to the daemon: see control_protocol.

#include "core/clock.hpp"
#include "core/result.hpp"
#include "io/system/file_handle.hpp"
#include "milter/control_protocol.hpp"
#include "milter/daemon/control_access.hpp"
#include "milter/daemon/listener.hpp"
#include "ports/log.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <poll.h>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace holdback::milter::daemon {

/// Answers a request of a peer with lines. The error is a text for the user.
using ControlHandler = std::function<core::Result<std::vector<ControlLine>, std::string>(
    const ControlLine& request, const ControlPeer& peer)>;

/// Serves one request per connection, several connections at a time. A peer has some seconds to
/// send its request and to take the answer, and delays no other peer. Requests that may take
/// minutes (`is_long`) do not delay the others. Its threads end with it, after the requests under
/// way.
class ControlSocket {
public:
    ControlSocket(Listener listener,
                  ControlHandler handler,
                  std::function<bool(const ControlLine& request)> is_long,
                  ports::Log& log);
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;
    ControlSocket(ControlSocket&&) = delete;
    ControlSocket& operator=(ControlSocket&&) = delete;
    ~ControlSocket();

    /// How many connections found no free descriptor at first.
    [[nodiscard]] std::uint64_t short_of_descriptors() const { return short_.load(); }

private:
    struct Peer {
        enum class State : std::uint8_t { Reading, Working, Writing };
        std::uint64_t number = 0;
        io::system::FileHandle connection;
        ControlPeer who;
        State state = State::Reading;
        core::SteadyPoint deadline;
        std::string text;  ///< read so far, or still to be written
    };
    struct Request {
        std::uint64_t peer = 0;
        ControlLine what;
        ControlPeer who;
    };
    struct Answer {
        std::uint64_t peer = 0;
        std::string text;
    };
    /// Requests that wait for a worker thread.
    struct Queue {
        std::deque<Request> waiting;
        std::condition_variable_any changed;
    };

    void serve(const std::stop_token& stop);
    /// The descriptors to poll: answers of workers, new connections, then the peers in their order.
    [[nodiscard]] std::vector<pollfd> watched(int listener) const;
    void accept_one();
    void keep_spare(io::system::FileHandle& connection);
    [[nodiscard]] io::system::FileHandle accepted();
    /// False when the peer is done.
    [[nodiscard]] bool go_on(Peer& peer, bool is_ready);
    [[nodiscard]] bool read_from(Peer& peer);
    [[nodiscard]] static bool write_to(Peer& peer);
    void take_answers();
    void work(const std::stop_token& stop, Queue& queue);
    [[nodiscard]] std::string answer_to(const Request& request) noexcept;

    Listener listener_;
    ControlHandler handler_;
    std::function<bool(const ControlLine&)> is_long_;
    ports::Log& log_;
    std::atomic<std::uint64_t> short_ = 0;
    // Only for the thread that serves.
    std::list<Peer> peers_;
    std::uint64_t next_number_ = 0;
    io::system::FileHandle null_;
    io::system::FileHandle spare_;  // given up for a connection when there is no other descriptor
    io::system::FileHandle wake_;
    std::mutex mutex_;  // of all members below
    Queue long_;
    Queue quick_;
    std::vector<Answer> answers_;
    std::vector<std::jthread> workers_;
    std::jthread server_;
};

}  // namespace holdback::milter::daemon
