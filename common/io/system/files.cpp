// SPDX-License-Identifier: Apache-2.0
#include "io/system/files.hpp"

#include "io/system/file_handle.hpp"

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

namespace holdback::io::system {

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash == 0 ? 1 : slash);
}

int sync_directory(const std::string& directory) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): open(2) is declared so
    const FileHandle opened(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return opened.is_open() && fsync(opened.get()) == 0 ? 0 : errno;
}

std::size_t write_all(int descriptor, std::string_view octets) {
    std::string_view rest = octets;
    while (!rest.empty()) {
        const ssize_t written = ::write(descriptor, rest.data(), rest.size());
        if (written > 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
        } else if (written == 0 || errno != EINTR) {
            break;  // 0 leaves errno as it was
        }
    }
    return octets.size() - rest.size();
}

std::string with_errno(std::string_view what, std::string_view path) {
    return fmt::format("{} {}: {}", what, path, std::generic_category().message(errno));
}

}  // namespace holdback::io::system
