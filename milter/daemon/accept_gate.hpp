// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps libmilter from accepting connections for a while, without its knowledge.

#include "io/system/file_handle.hpp"

#include <unistd.h>

namespace holdback::milter::daemon {

/// libmilter accepts in a loop of its own, which cannot be told to pause. Without descriptors it
/// spins, and takes each one that another part gives up for a moment. While the gate is closed, the
/// number of libmilter's listening socket refers to another socket to which nobody can connect;
/// clients wait in the queue of the real one. libmilter looks again within five seconds after the
/// gate opens. Used by one thread at a time.
class AcceptGate {
public:
    /// `quiet` is the other socket: it listens, does not block, and nobody can connect to it.
    /// `listener` is the number of libmilter's socket; -1: libmilter opens it later, and the gate
    /// looks for it. `control` is the number of a listening socket that is not libmilter's.
    AcceptGate(io::system::FileHandle quiet, int listener, int control);

    /// Finds libmilter's socket, unless it is known. Cheap afterwards.
    void find();
    /// Neither does anything until the socket is known.
    void close();
    void open();
    [[nodiscard]] bool is_closed() const { return is_closed_; }
    /// A descriptor that can be duplicated to see whether any are left.
    [[nodiscard]] int any() const { return quiet_.is_open() ? quiet_.get() : STDERR_FILENO; }

private:
    /// True while the number still refers to the socket that we expect.
    [[nodiscard]] bool is_ours() const;

    io::system::FileHandle quiet_;
    int listener_;
    int control_;
    // The socket that `listener_` refers to while the gate is open, once it is found. A descriptor
    // is taken for it at the start: none may be left later.
    io::system::FileHandle real_;
    bool is_found_ = false;
    bool is_closed_ = false;
};

}  // namespace holdback::milter::daemon
