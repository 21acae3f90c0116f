// SPDX-License-Identifier: Apache-2.0
#include "tests/support/temp_dir.hpp"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

namespace holdback::support {

TempDir::TempDir()
    : path_((std::filesystem::temp_directory_path() / "holdback-test-XXXXXX").string()) {
    // NOLINTNEXTLINE(misc-include-cleaner): knows no header for mkdtemp(3), which is in <stdlib.h>
    if (mkdtemp(path_.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), path_);
    }
}

TempDir::~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace holdback::support
