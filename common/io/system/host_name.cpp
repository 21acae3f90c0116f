// SPDX-License-Identifier: Apache-2.0
#include "io/system/host_name.hpp"

#include "core/handle.hpp"

#include <array>
#include <netdb.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace holdback::io::system {

namespace {

/// The canonical name, or an empty one.
std::string canonical_name(const std::string& name) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_CANONNAME;
    addrinfo* raw = nullptr;
    if (getaddrinfo(name.c_str(), nullptr, &hints, &raw) != 0) {
        return {};
    }
    const core::Handle<addrinfo, &freeaddrinfo> found(raw);
    return found->ai_canonname == nullptr ? std::string() : found->ai_canonname;
}

}  // namespace

std::string host_name() {
    std::array<char, 256> buffer{};
    if (gethostname(buffer.data(), buffer.size() - 1) != 0 || buffer.front() == '\0') {
        return "localhost";
    }
    std::string name(buffer.data());
    if (name.find('.') == std::string::npos) {
        const std::string canonical = canonical_name(name);
        if (canonical.find('.') != std::string::npos && !canonical.starts_with("localhost")) {
            return canonical;
        }
    }
    return name;
}

}  // namespace holdback::io::system
