// SPDX-License-Identifier: Apache-2.0
#pragma once
// A store with nothing in it, for a dry run where there is none yet.

#include "config/settings.hpp"
#include "core/result.hpp"
#include "io/sqlite/sqlite_db.hpp"
#include "milter/ctl/command.hpp"

#include <memory>
#include <string>

namespace holdback::milter::ctl {

/// A new directory for temporary files that nobody else may enter; removed with all in it when
/// destroyed.
class PrivateDirectory {
public:
    /// Throws std::system_error.
    PrivateDirectory();
    PrivateDirectory(const PrivateDirectory&) = delete;
    PrivateDirectory& operator=(const PrivateDirectory&) = delete;
    PrivateDirectory(PrivateDirectory&&) = delete;
    PrivateDirectory& operator=(PrivateDirectory&&) = delete;
    ~PrivateDirectory();

    [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

private:
    std::string path_;
};

/// A store to look at.
struct StoreToRead {
    std::unique_ptr<PrivateDirectory>
        directory;  ///< of an empty store; nullptr: it is the real one
    /// Where the store and the key of its hashed entries are.
    config::StoreSettings settings;
    std::unique_ptr<io::sqlite::Database> database;
};

/// The store of the settings, which is not changed; an empty one where there is none yet.
[[nodiscard]] core::Result<StoreToRead, CommandError> open_store_or_empty(
    const config::StoreSettings& settings);

}  // namespace holdback::milter::ctl
