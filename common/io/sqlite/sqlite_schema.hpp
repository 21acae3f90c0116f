// SPDX-License-Identifier: Apache-2.0
#pragma once
// The schema of holdback.db, as the steps that lead from each version to the next.

#include <span>
#include <string_view>

namespace holdback::io::sqlite {

/// For `DatabaseOptions::migrations`. Never change a step that was released: add another.
[[nodiscard]] std::span<const std::string_view> schema_steps();

}  // namespace holdback::io::sqlite
