// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps libmilter from taking connections for a while, without its knowledge.

#include "io/system/file_handle.hpp"

#include <unistd.h>

namespace holdback::milter::daemon {

/// libmilter accepts in a loop of its own, which cannot be told to pause: without descriptors it
/// spins, and takes each one that somebody else gives up for a moment. While the gate is closed,
/// the number of its listening socket stands for another socket to which nobody can connect; those
/// who connect wait in the queue of the real one. libmilter looks again within five seconds after
/// the gate opens. Used by one thread at a time.
class AcceptGate {
public:
    /// `quiet` is the other socket: it listens, does not block, and nobody can connect to it.
    /// `listener` is the number of libmilter's; -1: libmilter opens it later, and it is looked for.
    /// `control` is the number of a listening socket that is not libmilter's.
    AcceptGate(io::system::FileHandle quiet, int listener, int control);

    /// Finds libmilter's socket, if that has not been done. Cheap afterwards.
    void find();
    /// Without a socket that is known, neither does anything.
    void close();
    void open();
    [[nodiscard]] bool is_closed() const { return is_closed_; }
    /// A descriptor that can be duplicated to see whether there is one left.
    [[nodiscard]] int any() const { return quiet_.is_open() ? quiet_.get() : STDERR_FILENO; }

private:
    /// True while the number still stands for what we know.
    [[nodiscard]] bool is_ours() const;

    io::system::FileHandle quiet_;
    int listener_;
    int control_;
    // The socket that `listener_` stands for while the gate is open, once it is found. The number
    // is ours from the start: there may be none left by then.
    io::system::FileHandle real_;
    bool is_found_ = false;
    bool is_closed_ = false;
};

}  // namespace holdback::milter::daemon
