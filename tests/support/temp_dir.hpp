// SPDX-License-Identifier: Apache-2.0
#pragma once
// A directory that lives as long as a test.

#include <string>
#include <string_view>

namespace holdback::support {

/// A new empty directory; removed with all in it when destroyed.
class TempDir {
public:
    TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    TempDir(TempDir&&) = delete;
    TempDir& operator=(TempDir&&) = delete;
    ~TempDir();

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string file(std::string_view name) const {
        return path_ + "/" + std::string(name);
    }

private:
    std::string path_;
};

}  // namespace holdback::support
