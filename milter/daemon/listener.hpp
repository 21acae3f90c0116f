// SPDX-License-Identifier: Apache-2.0
#pragma once
// Unix-domain sockets that the program listens on. They get a mode and a group; a stale one is
// replaced, a live one is left alone.

#include "core/result.hpp"
#include "io/system/file_handle.hpp"

#include <optional>
#include <string>
#include <utility>

namespace holdback::milter::daemon {

/// How to make a socket file.
struct ListenerOptions {
    std::string path;
    unsigned mode = 0600;
    std::optional<unsigned> owner;  ///< user id; only root can set it
    std::optional<unsigned> group;  ///< group id
};

/// A listening unix socket. Holds a lock beside the path ("PATH.lock"), so that a second process
/// finds out that the first is alive. Removes the socket file at the end.
class Listener {
public:
    /// Makes the last directory of the path if it is missing (0750, with the owner and group). Puts
    /// a listening socket with its mode, owner and group there; it replaces a socket whose lock
    /// nobody holds. Even as root it touches only what it made, whatever the owner of the directory
    /// does meanwhile. Changes the working directory for a moment: call before any thread is made.
    /// The error is a text for people.
    [[nodiscard]] static core::Result<Listener, std::string> open(const ListenerOptions& options);

    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    Listener(Listener&& other) noexcept;
    Listener& operator=(Listener&&) = delete;
    ~Listener();

    /// The listening descriptor, close-on-exec.
    [[nodiscard]] int descriptor() const { return descriptor_.get(); }

    /// A listening socket that does not block and to which nobody can connect; see AcceptGate.
    [[nodiscard]] io::system::FileHandle take_quiet() { return std::move(quiet_); }

    /// Removes the socket file, so that nobody new connects. Existing connections stay.
    void remove_path();

private:
    Listener(std::string path,
             io::system::FileHandle lock,
             io::system::FileHandle quiet,
             io::system::FileHandle descriptor)
        : path_(std::move(path)),
          lock_(std::move(lock)),
          quiet_(std::move(quiet)),
          descriptor_(std::move(descriptor)) {}

    std::string path_;
    io::system::FileHandle lock_;
    io::system::FileHandle quiet_;
    io::system::FileHandle descriptor_;
};

}  // namespace holdback::milter::daemon
