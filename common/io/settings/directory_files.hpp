// SPDX-License-Identifier: Apache-2.0
#pragma once
// The files of a directory of settings such as rules.d.

#include "core/result.hpp"
#include "io/settings/toml_document.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace holdback::io::settings {

/// The files with this extension (".conf") in lexical order, without hidden ones.
[[nodiscard]] core::Result<std::vector<std::string>, FileError> files_in(
    const std::string& directory, std::string_view extension);

}  // namespace holdback::io::settings
