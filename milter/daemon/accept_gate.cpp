// SPDX-License-Identifier: Apache-2.0
#include "milter/daemon/accept_gate.hpp"

#include "io/system/file_handle.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace holdback::milter::daemon {

namespace {

/// libmilter opens its socket at the start, when few descriptors are in use.
constexpr int kMostSought = 256;

bool listens(int descriptor) {
    int answer = 0;
    socklen_t size = sizeof answer;
    return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &answer, &size) == 0 && answer == 1;
}

io::system::FileHandle duplicate(int descriptor) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fcntl(2) is declared so
    return io::system::FileHandle(fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
}

bool are_same(int one, int other) {
    struct stat first{};
    struct stat second{};
    return fstat(one, &first) == 0 && fstat(other, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

}  // namespace

AcceptGate::AcceptGate(io::system::FileHandle quiet, int listener, int control)
    : quiet_(std::move(quiet)),
      listener_(listener),
      control_(control),
      real_(quiet_.is_open() ? duplicate(quiet_.get()) : io::system::FileHandle()) {
    find();
}

void AcceptGate::find() {
    if (is_found_ || !real_.is_open()) {
        return;
    }
    for (int i = 0; listener_ < 0 && i < kMostSought; ++i) {
        // `real_` is still a duplicate of the quiet socket here.
        if (i != control_ && listens(i) && !are_same(i, quiet_.get())) {
            listener_ = i;
        }
    }
    is_found_ = listener_ >= 0 && dup3(listener_, real_.get(), O_CLOEXEC) >= 0;
}

bool AcceptGate::is_ours() const {
    const io::system::FileHandle& now = is_closed_ ? quiet_ : real_;
    return is_found_ && are_same(now.get(), listener_);
}

void AcceptGate::close() {
    if (!is_closed_ && is_ours()) {
        is_closed_ = dup3(quiet_.get(), listener_, O_CLOEXEC) >= 0;
    }
}

void AcceptGate::open() {
    if (is_closed_ && is_ours()) {
        is_closed_ = dup3(real_.get(), listener_, O_CLOEXEC) < 0;
    }
}

}  // namespace holdback::milter::daemon
