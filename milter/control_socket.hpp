// SPDX-License-Identifier: Apache-2.0
#pragma once
// The local socket over which the control tool speaks to the daemon: see control_protocol.

#include "core/result.hpp"
#include "milter/control_protocol.hpp"
#include "milter/listener.hpp"
#include "ports/log.hpp"

#include <atomic>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace holdback::milter {

/// Answers a request with lines; the error is a text for the user.
using ControlHandler =
    std::function<core::Result<std::vector<ControlLine>, std::string>(const ControlLine& request)>;

/// Serves one request per connection, several connections at a time. Its threads end with it; a
/// request under way is finished first.
class ControlSocket {
public:
    ControlSocket(Listener listener, ControlHandler handler, ports::Log& log);
    ControlSocket(const ControlSocket&) = delete;
    ControlSocket& operator=(const ControlSocket&) = delete;
    ControlSocket(ControlSocket&&) = delete;
    ControlSocket& operator=(ControlSocket&&) = delete;
    ~ControlSocket();

private:
    void serve(const std::stop_token& stop);
    void answer(int connection) noexcept;

    Listener listener_;
    ControlHandler handler_;
    ports::Log& log_;
    std::vector<std::jthread> threads_;
};

}  // namespace holdback::milter
