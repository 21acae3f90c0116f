// SPDX-License-Identifier: Apache-2.0
#include "milter/ctl/empty_store.hpp"

#include "config/settings.hpp"
#include "core/result.hpp"
#include "milter/ctl/command.hpp"
#include "milter/ctl/sources.hpp"

#include <cerrno>
#include <cstdlib>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace holdback::milter::ctl {

PrivateDirectory::PrivateDirectory()
    : path_((std::filesystem::temp_directory_path() / "holdbackctl-XXXXXX").string()) {
    // NOLINTNEXTLINE(misc-include-cleaner): knows no header for mkdtemp(3), which is in <stdlib.h>
    if (mkdtemp(path_.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), path_);
    }
}

PrivateDirectory::~PrivateDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

core::Result<StoreToRead, CommandError> open_store_or_empty(const config::StoreSettings& settings) {
    auto there = open_store(settings, StoreUse::ReadIfAny);
    if (!there.has_value()) {
        return std::unexpected(std::move(there.error()));
    }
    StoreToRead store{.directory = nullptr, .settings = settings, .database = *std::move(there)};
    if (store.database != nullptr) {
        return store;
    }
    try {
        store.directory = std::make_unique<PrivateDirectory>();
    } catch (const std::system_error& error) {
        return std::unexpected(store_error(error.what()));
    }
    store.settings.path = store.directory->file("holdback.db");
    store.settings.hash_key = store.directory->file("hash.key");
    auto made = open_store(store.settings, StoreUse::Write);
    if (!made.has_value()) {
        return std::unexpected(std::move(made.error()));
    }
    store.database = *std::move(made);
    return store;
}

}  // namespace holdback::milter::ctl
